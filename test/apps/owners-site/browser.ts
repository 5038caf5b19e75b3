// A browser without a script: keeps cookies, follows redirects on request, sends the forms that stand on a page.

export type Answer = { status: number; url: string; headers: Headers; html: string };

export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #language: string;

  constructor(language = 'ja') {
    this.#language = language;
  }

  /** One request; redirects are not followed. */
  async request(url: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        'Accept-Language': this.#language,
        Cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return { status: response.status, url, headers: response.headers, html: await response.text() };
  }

  /** The page at the end of the redirects. */
  async open(url: string, init: RequestInit = {}): Promise<Answer> {
    let answer = await this.request(url, init);
    for (let hops = 0; answer.status >= 300 && answer.status < 400 && hops < 20; hops += 1) {
      answer = await this.request(new URL(answer.headers.get('location') ?? '', answer.url).href);
    }
    return answer;
  }

  /** Presses the button of the form with this action, with the fields that stand in it and those that are filled in. Redirects are not followed. */
  async post(from: Answer, action: string, fields: Record<string, string> = {}): Promise<Answer> {
    return this.request(...this.#submission(from, action, fields));
  }

  /** The same, to the end of the redirects. */
  async submit(from: Answer, action: string, fields: Record<string, string> = {}): Promise<Answer> {
    return this.open(...this.#submission(from, action, fields));
  }

  #submission(from: Answer, action: string, fields: Record<string, string>): [string, RequestInit] {
    const forms = [...from.html.matchAll(/<form method="post" action="([^"]+)">([\s\S]*?)<\/form>/g)];
    const form = forms.find(
      ([, target, inner]) =>
        target === action &&
        Object.entries(fields).every(([name, value]) => !isHidden(inner, name) || hidden(inner, name) === value),
    );
    if (!form) throw new Error(`no form with action ${action} on ${from.url} (${from.status})`);
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of form[2]?.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g) ?? []) {
      body.set(name, value);
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return [new URL(action, from.url).href, { method: 'POST', body }];
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  cookies(): string[] {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`);
  }

  /** What somebody does who copies a cookie to another browser. */
  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }
}

function hidden(form: string | undefined, name: string): string | undefined {
  return new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(form ?? '')?.[1];
}

function isHidden(form: string | undefined, name: string): boolean {
  return hidden(form, name) !== undefined;
}

/** The text of a page, as a person reads it. */
export function textOf({ html }: Answer): string {
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? html;
  return main
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The page's heading. */
export function headingOf({ html }: Answer): string {
  return /<h1>([\s\S]*?)<\/h1>/.exec(html)?.[1]?.trim() ?? '';
}
