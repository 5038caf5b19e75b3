// The browser of the tests, without windows or scripts: keeps cookies, follows redirects, fills and sends the forms that stand on a page.
// Made of node:http and not of fetch, so that a test can say everything that a hostile client could: the path to the letter, any
// header, and the address of this machine that the connection comes from.
import { checkAnswer } from './check-answer.ts';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';

export type Answer = {
  status: number;
  url: string;
  headers: IncomingHttpHeaders;
  /** `Set-Cookie`, one entry each. */
  setCookies: string[];
  text: string;
  /** Where a redirect leads, absolute. */
  location: string | undefined;
  milliseconds: number;
};

export type Form = {
  /** Absolute, if the form comes from `form` or `formOn`; else as it is in the HTML. */
  action: string;
  method: string;
  /** What a browser would send for this form if nothing was typed and no button pressed. */
  fields: Record<string, string>;
  /** Those among them that nobody can type into. */
  hidden: Record<string, string>;
  buttons: { name: string; value: string; label: string }[];
  html: string;
};

export type RequestOptions = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | URLSearchParams;
  /** The answer may be that of a server in trouble (500): the test has made the trouble. */
  mayFail?: boolean;
};

export type BrowserOptions = {
  /** Accept-Language. */
  language?: string;
  /** Where connections come from; any address of 127.0.0.0/8 is this machine's. */
  from?: string;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** Puts another port into every address: the same site, answered by another process; for https by what a proxy that ends TLS stands in front of. */
  port?: number;
  /** The origin of an app that is not ours: its answers need not be as ours have to be. */
  othersPages?: string;
};

export type Browser = {
  /** The page that was shown last. */
  page: Answer;
  cookies: Map<string, string>;
  options: BrowserOptions;
  /** Every URL that was asked for, redirects included. */
  visited: string[];
  /** One request; redirects are not followed. */
  send(url: string, options?: RequestOptions): Promise<Answer>;
  /** Opens a page and follows redirects, to the end or until one leads to an address that begins with `until`. */
  open(url: string, until?: string): Promise<Answer>;
  /** Sends a form of the shown page with the given fields, and follows redirects like `open`. */
  submit(form: Form | string, typed?: Record<string, string>, until?: string): Promise<Answer>;
  /** The same without following redirects, except to the page that answers the form (R7), and without changing the shown page. */
  post(form: Form | string, typed?: Record<string, string>, options?: RequestOptions): Promise<Answer>;
  /** The form of the shown page whose action ends so. @throws where there is none */
  form(actionEndsWith: string): Form;
  /** Another browser with the same cookies. */
  copy(options?: BrowserOptions): Browser;
};

const MAX_REDIRECTS = 25;
const agent = new Agent({ keepAlive: true, maxSockets: 300 });
/** Ends the idle connections, so that the next requests open new ones. */
export const endConnections = (): void => agent.destroy();

/** When the newest request of a connection was written. */
const lastWritten = new WeakMap<Duplex, number>();
/** The server closes a connection that was idle for five seconds. On a busy machine a request can be written at that moment. */
const MAY_BE_CLOSED_AFTER_MS = 5000;

type SendOptions = RequestOptions & { from?: string | undefined; port?: number | undefined };

type Listener = (url: string, options: RequestOptions, answer: Answer) => void;
const listeners = new Set<Listener>();

/** Calls the listener after each answer. Returns the function that ends this. */
export function listenToTraffic(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** One request to the letter: `path` is not normalised. */
export async function sendRaw(url: string, options: SendOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, from, port } = options;
  // `new URL` would tidy the path.
  const [, host = '', path = '/'] = /^https?:\/\/([^/?#]+)(.*)$/.exec(url) ?? [];
  const [hostname = '', urlPort = '80'] = host.split(/:(?=\d+$)/);
  const content = body instanceof URLSearchParams ? body.toString() : body;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        agent,
        // With a port of its own it is another process under that name: this machine's.
        hostname: hostname === 'localhost' || port !== undefined ? '127.0.0.1' : hostname,
        port: port ?? Number(urlPort),
        path: path.startsWith('/') ? path : `/${path}`,
        method,
        ...(from === undefined ? {} : { localAddress: from }),
        headers: {
          Host: host,
          ...(body instanceof URLSearchParams ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
          ...(content === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(content)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const location = response.headers.location;
          const answer: Answer = {
            status: response.statusCode ?? 0,
            url,
            headers: response.headers,
            setCookies: response.headers['set-cookie'] ?? [],
            text: Buffer.concat(chunks).toString(),
            location: location === undefined ? undefined : new URL(location, url).href,
            milliseconds: performance.now() - began,
          };
          for (const listener of listeners) listener(url, options, answer);
          resolve(answer);
        });
      },
    );
    // The server's idle time began after the request before was written. When this process last ran says nothing about it.
    let before = Infinity;
    request.on('socket', (socket) => {
      before = lastWritten.get(socket) ?? Infinity;
      lastWritten.set(socket, performance.now());
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const mayBeClosed = performance.now() - before >= MAY_BE_CLOSED_AFTER_MS;
      const wasClosed = request.reusedSocket && error.code === 'ECONNRESET' && mayBeClosed;
      if (wasClosed) resolve(sendRaw(url, options));
      else reject(error);
    });
    request.end(content);
  });
}

export function createBrowser(options: BrowserOptions = {}): Browser {
  const cookies = new Map<string, string>();
  const visited: string[] = [];

  function keep(header: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    const ended = value === '' || /expires=Thu, 01 Jan 1970/i.test(header);
    if (ended) cookies.delete(name);
    else cookies.set(name, value);
  }

  async function follow(first: Answer, until: string | undefined): Promise<Answer> {
    let answer = first;
    for (let hop = 0; answer.location !== undefined && hop < MAX_REDIRECTS; hop += 1) {
      if (until !== undefined && answer.location.startsWith(until)) break;
      answer = await browser.send(answer.location);
    }
    browser.page = answer;
    return answer;
  }

  const browser: Browser = {
    page: { status: 0, url: '', headers: {}, setCookies: [], text: '', location: undefined, milliseconds: 0 },
    cookies,
    options,
    visited,
    async send(url, request = {}) {
      visited.push(url);
      const answer = await sendRaw(url, {
        ...request,
        from: options.from,
        port: options.port,
        headers: {
          Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
          'Accept-Language': options.language ?? 'ja',
          ...(cookies.size ? { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
          ...options.headers,
          ...request.headers,
        },
      });
      answer.setCookies.forEach(keep);
      if (options.othersPages === undefined || !url.startsWith(`${options.othersPages}/`)) checkAnswer(answer, request);
      return answer;
    },
    open: async (url, until) => follow(await browser.send(url), until),
    submit: async (form, typed, until) => follow(await browser.post(form, typed), until),
    async post(form, typed = {}, request = {}) {
      const { action, fields } = typeof form === 'string' ? browser.form(form) : form;
      const body = new URLSearchParams({ ...fields, ...typed });
      const answer = await browser.send(new URL(action, browser.page.url).href, { method: 'POST', body, ...request });
      if (answer.location === undefined || !new URL(answer.location).searchParams.has('again')) return answer;
      const { milliseconds } = answer;
      return { ...(await browser.send(answer.location)), milliseconds };
    },
    form: (actionEndsWith) => formOn(browser.page, actionEndsWith),
    copy(other = {}) {
      const twin = createBrowser({ ...options, ...other });
      for (const [name, value] of cookies) twin.cookies.set(name, value);
      twin.page = browser.page;
      return twin;
    },
  };
  return browser;
}

/**
 * The form of a page whose action ends so, for a page that is no longer the shown one too.
 * @param typed where several forms have the action: the values of their hidden fields
 * @throws {Error} where there is none
 */
export function formOn({ url, status, text }: Answer, actionEndsWith: string, typed: Record<string, string> = {}): Form {
  const forms = formsOf(text).filter(({ action }) => action.endsWith(actionEndsWith));
  const found = forms.find(({ hidden }) => Object.entries(typed).every(([name, value]) => (hidden[name] ?? value) === value));
  if (!found) throw new Error(`no form …${actionEndsWith} on ${url} (${status})`);
  return { ...found, action: new URL(found.action, url).href };
}

/** The heading of a page. */
export const headingOf = ({ text }: Answer): string => textOf(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(text)?.[1] ?? '');
/** What a person reads of a page without its header and footer. */
export const mainOf = ({ text }: Answer): string => textOf(/<main[\s\S]*<\/main>/.exec(text)?.[0] ?? text);

/** The forms of a page of ours, as a browser reads them. */
export function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head = '', inner = '']) => {
    const fields: Record<string, string> = {};
    const hidden: Record<string, string> = {};
    const buttons: Form['buttons'] = [];
    for (const [, attributes = ''] of inner.matchAll(/<input\b([^>]*)>/g)) {
      const { name, value = '', type = 'text', checked } = attributesOf(attributes);
      if (name === undefined || ((type === 'checkbox' || type === 'radio') && checked === undefined)) continue;
      fields[name] = (type === 'checkbox' || type === 'radio') && value === '' ? 'on' : value;
      if (type === 'hidden') hidden[name] = value;
    }
    for (const [, attributes = '', options = ''] of inner.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g)) {
      const choices = [...options.matchAll(/<option\b([^>]*)>([^<]*)/g)].map(
        ([, option = '', label = '']): Record<string, string | undefined> => {
          const attributes = attributesOf(option);
          return { ...attributes, value: attributes.value ?? textOf(label) };
        },
      );
      const chosen = choices.find(({ selected }) => selected !== undefined) ?? choices[0];
      const { name } = attributesOf(attributes);
      if (name !== undefined) fields[name] = chosen?.value ?? '';
    }
    for (const [, attributes = '', label = ''] of inner.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)) {
      const { name = '', value = '' } = attributesOf(attributes);
      buttons.push({ name, value, label: textOf(label) });
    }
    const { action = '', method = 'get' } = attributesOf(head);
    return { action, method, fields, hidden, buttons, html: inner };
  });
}

function attributesOf(text: string): Record<string, string | undefined> {
  const pairs = [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, unescapeHtml(value)]));
}

/** What a person reads of a piece of HTML. */
export function textOf(html: string): string {
  return unescapeHtml(
    html
      .replaceAll('<span class="br"></span>', '')
      .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '')
      .replace(/<span (?:class="whole"|style="white-space:nowrap")>([^<]*)<\/span>/g, '$1')
      .replace(/<[^>]+>/g, ' '),
  )
    .replace(/\s+/g, ' ')
    .trim();
}

export function unescapeHtml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
