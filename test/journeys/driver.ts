// The actions of a person in any browser; the two kinds are chromium-driver.ts and http-driver.ts.
export type Driver = {
  open(url: string): Promise<void>;
  /** The back button. */
  back(): Promise<void>;
  url(): string;
  /** The heading of the page. */
  heading(): Promise<string>;
  /** The text of the page. */
  text(): Promise<string>;
  /** Presses the first button with this name, else the first link, and waits for the next page. */
  press(name: string | RegExp): Promise<void>;
  /** Presses a button twice, as fast as possible, and waits for the next page. */
  pressTwice(name: string | RegExp): Promise<void>;
  /** The content of the field with this name; `undefined` if there is none. */
  value(field: string): Promise<string | undefined>;
  fill(field: string, text: string): Promise<void>;
  tick(field: string): Promise<void>;
  choose(field: string, option: string): Promise<void>;
  /** Waits until a page with this path is shown. */
  arrivesAt(origin: string): Promise<void>;
  /** Another tab of this browser. */
  newTab(): Promise<Driver>;
  /** Forgets the cookies whose name contains a text. */
  loseCookies(name: string): Promise<void>;
  /** Closes this tab; the browser stays open, with its cookies. */
  closeTab(): Promise<void>;
  close(): Promise<void>;
};

export type NewDriver = () => Promise<Driver>;
