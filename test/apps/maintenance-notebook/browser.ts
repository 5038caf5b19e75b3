// A browser without windows: keeps cookies, follows redirects, presses buttons of forms. Cookies are not separated by port.

export type Shown = { url: string; status: number; text: string; headers: Headers };

export type Browser = {
  /** The page that was shown last. */
  page: Shown;
  open(url: string): Promise<Shown>;
  /** Posts the form of the shown page with this action, with its hidden fields and what is typed. */
  press(action: string, typed?: Record<string, string>): Promise<Shown>;
  /** Forgets the cookies whose name begins so. */
  forget(prefix: string): void;
  cookies: Map<string, string>;
  /** Every URL that was visited, redirects included. */
  visited: string[];
};

const MAX_REDIRECTS = 20;

export function createBrowser(language = 'ja'): Browser {
  const cookies = new Map<string, string>();
  const visited: string[] = [];

  function keep(header: string): void {
    const [pair = '', ...attributes] = header.split(';');
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const ended = attributes.some((attribute) => / *expires=Thu, 01 Jan 1970/i.test(attribute));
    if (ended) cookies.delete(name);
    else cookies.set(name, value);
  }

  async function go(start: string, init: RequestInit = {}): Promise<Shown> {
    let url = start;
    let request = init;
    for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
      visited.push(url);
      const answer = await fetch(url, {
        ...request,
        redirect: 'manual',
        headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), 'Accept-Language': language },
      });
      answer.headers.getSetCookie().forEach(keep);
      const location = answer.headers.get('location');
      if (!location) {
        browser.page = { url, status: answer.status, text: await answer.text(), headers: answer.headers };
        return browser.page;
      }
      url = new URL(location, url).href;
      request = {};
    }
    throw new Error(`too many redirects: ${visited.slice(-4).join(' → ')}`);
  }

  const browser: Browser = {
    page: { url: '', status: 0, text: '', headers: new Headers() },
    cookies,
    visited,
    open: (url) => go(url),
    press(action, typed = {}) {
      const form = new RegExp(`<form[^>]* action="${action}"[^>]*>(.*?)</form>`, 's').exec(browser.page.text)?.[1];
      if (form === undefined) throw new Error(`no form ${action} on ${browser.page.url}`);
      const hidden = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
      const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
      return go(new URL(action, browser.page.url).href, { method: 'POST', body: new URLSearchParams({ ...fields, ...typed }) });
    },
    forget(prefix) {
      for (const name of cookies.keys()) if (name.startsWith(prefix)) cookies.delete(name);
    },
  };
  return browser;
}
