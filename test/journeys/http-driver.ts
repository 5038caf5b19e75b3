// A browser without JavaScript over plain HTTP: cookies with their paths, redirects, forms, and the refresh of a page. Fast enough
// for hundreds of walks.
import { checkAnswer } from '../support/check-answer.ts';
import { formsOf, sendRaw, textOf, unescapeHtml, type Answer, type Form } from '../support/http-browser.ts';
import type { Driver } from './driver.ts';

type Cookie = { name: string; value: string; path: string };

export type HttpDriver = Omit<Driver, 'newTab'> & {
  page(): Answer;
  /** Whether a page is shown. */
  isShown(): boolean;
  forms(): Form[];
  /** The targets of the page's links. */
  links(): { label: string; url: string }[];
  /** Sends a form with these fields and follows redirects, then shows the page. */
  send(form: Form, fields: Record<string, string>): Promise<void>;
  cookies(): Cookie[];
  newTab(): Promise<HttpDriver>;
  /** Another browser with the same page, and the same cookies except one. */
  without(cookie: string): HttpDriver;
  /** Shows a page that another tab got, as after a second press of its button. */
  copyPage(page: Answer): HttpDriver;
};

const MOST_REDIRECTS = 20;

export function createHttpDriver(options: { language?: string; from?: string } = {}): HttpDriver {
  return tabOf([], options);
}

/** Browsers do the same if a kept connection was just closed. */
async function sendAgain(...request: Parameters<typeof sendRaw>): Promise<Answer> {
  return sendRaw(...request).catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    return sendRaw(...request);
  });
}

function tabOf(jar: Cookie[], options: { language?: string; from?: string }): HttpDriver {
  const history: Answer[] = [];
  let typed: Record<string, string> = {};
  const current = (): Answer => {
    const page = history.at(-1);
    if (!page) throw new Error('no page is shown');
    return page;
  };

  async function ask(url: string, request: { method?: string; body?: URLSearchParams } = {}): Promise<Answer> {
    const { pathname } = new URL(url);
    const sent = jar.filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`));
    const answer = await sendAgain(url, {
      ...request,
      from: options.from,
      headers: {
        Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
        'Accept-Language': options.language ?? 'ja',
        ...(sent.length ? { Cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') } : {}),
      },
    });
    for (const header of answer.setCookies) keep(header);
    checkAnswer(answer, request);
    return answer;
  }

  function keep(header: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    const path = /;\s*path=([^;]+)/i.exec(header)?.[1] ?? '/';
    const at = jar.findIndex((cookie) => cookie.name === name && cookie.path === path);
    if (at >= 0) jar.splice(at, 1);
    if (value !== '' && !/expires=Thu, 01 Jan 1970/i.test(header)) jar.push({ name, value, path });
  }

  async function show(first: Answer): Promise<void> {
    let answer = first;
    const passed: string[] = [];
    while (answer.location !== undefined) {
      if (passed.push(answer.location) > MOST_REDIRECTS) throw new Error(`redirected without end:\n${passed.join('\n')}`);
      answer = await ask(answer.location);
    }
    typed = {};
    history.push(answer);
  }

  function request(form: Form, fields: Record<string, string>): Promise<Answer> {
    const url = new URL(form.action || current().url, current().url);
    const body = new URLSearchParams(fields);
    if (form.method.toLowerCase() === 'post') return ask(url.href, { method: 'POST', body });
    url.search = body.toString();
    return ask(url.href);
  }

  /** The request that a press would send. */
  function find(name: string | RegExp): (() => Promise<Answer>) | undefined {
    const fits = (label: string): boolean => (typeof name === 'string' ? label.includes(name) : name.test(label));
    for (const form of formsOf(current().text)) {
      const button = form.buttons.find(({ label }) => fits(label));
      if (!button) continue;
      const known = Object.entries(typed).filter(([field]) => form.html.includes(`name="${field}"`));
      const fields = { ...form.fields, ...Object.fromEntries(known), ...(button.name ? { [button.name]: button.value } : {}) };
      return async () => request(form, fields);
    }
    const link = driver.links().find(({ label }) => fits(label));
    return link && (async () => ask(link.url));
  }

  const pressable = (name: string | RegExp): (() => Promise<Answer>) => {
    const found = find(name);
    if (!found) throw new Error(`nothing to press named ${name} at ${current().url}:\n${textOf(current().text).slice(0, 600)}`);
    return found;
  };

  const driver: HttpDriver = {
    page: current,
    isShown: () => history.length > 0,
    forms: () => formsOf(current().text),
    links: () =>
      [...current().text.matchAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)].map(([, href = '', label = '']) => ({
        label: textOf(label),
        url: new URL(unescapeHtml(href), current().url).href,
      })),
    send: async (form, fields) => show(await request(form, fields)),
    cookies: () => jar,
    open: async (url) => show(await ask(url)),
    async back() {
      const left = current();
      history.pop();
      // Our pages are never stored, so the browser requests the page again.
      const { url } = history.pop() ?? left;
      await show(await ask(url));
    },
    url: () => current().url,
    heading: async () => textOf(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(current().text)?.[1] ?? ''),
    text: async () => textOf(/<main[\s\S]*<\/main>/.exec(current().text)?.[0] ?? current().text),
    press: async (name) => show(await pressable(name)()),
    async pressTwice(name) {
      const press = pressable(name);
      // The browser stops waiting for the first answer at the second press; its cookies arrive.
      const first = press();
      const second = press();
      await first;
      await show(await second);
    },
    async value(field) {
      return typed[field] ?? formsOf(current().text).find(({ fields }) => field in fields)?.fields[field];
    },
    async fill(field, text) {
      if (!current().text.includes(`name="${field}"`)) throw new Error(`no field ${field} at ${current().url}`);
      typed[field] = text;
    },
    async tick(field) {
      const box = new RegExp(`<input[^>]*name="${field}"[^>]*>`).exec(current().text)?.[0] ?? '';
      typed[field] = /value="([^"]*)"/.exec(box)?.[1] ?? 'on';
    },
    async choose(field, option) {
      typed[field] = option;
    },
    async arrivesAt(origin) {
      for (let waits = 0; !current().url.startsWith(`${origin}/`); waits += 1) {
        const target = /<meta http-equiv="refresh" content="0;\s*url=([^"]+)"/.exec(current().text)?.[1];
        if (target === undefined || waits === 3) {
          throw new Error(`expected ${origin}, and it is ${current().url}: ${(await driver.text()).slice(0, 600)}`);
        }
        await show(await ask(new URL(unescapeHtml(target), current().url).href));
      }
    },
    newTab: async () => tabOf(jar, options),
    without: (cookie) =>
      tabOf(
        jar.filter(({ name }) => name !== cookie),
        options,
      ).copyPage(current()),
    copyPage(page) {
      history.push(page);
      return driver;
    },
    async loseCookies(name) {
      for (const cookie of jar.filter((each) => each.name.includes(name))) jar.splice(jar.indexOf(cookie), 1);
    },
    closeTab: async () => undefined,
    close: async () => undefined,
  };
  return driver;
}
