// What a person can do with a browser, whichever it is; the two kinds are chromium-driver.ts and http-driver.ts.
export type Driver = {
  open(url: string): Promise<void>;
  /** The back button. */
  back(): Promise<void>;
  url(): string;
  /** The heading of the page. */
  heading(): Promise<string>;
  /** What can be read on the page. */
  text(): Promise<string>;
  /** Presses the first button of this name, else the first link, and waits for the page that comes. */
  press(name: string | RegExp): Promise<void>;
  /** Presses a button twice, as fast as can be, and waits for the page that comes. */
  pressTwice(name: string | RegExp): Promise<void>;
  /** What stands in the field of this name; `undefined` where there is none. */
  value(field: string): Promise<string | undefined>;
  fill(field: string, text: string): Promise<void>;
  tick(field: string): Promise<void>;
  choose(field: string, option: string): Promise<void>;
  /** Waits until a page under this address is shown. */
  arrivesAt(origin: string): Promise<void>;
  /** Another tab of this browser. */
  newTab(): Promise<Driver>;
  /** Forgets the cookies whose name contains this. */
  loseCookies(name: string): Promise<void>;
  /** Closes this tab; the browser stays, with its cookies. */
  closeTab(): Promise<void>;
  close(): Promise<void>;
};

export type NewDriver = () => Promise<Driver>;
