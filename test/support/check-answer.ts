// Checks that apply to every answer to a browser. The test browsers check each answer, so no walk has to.
import type { Answer, RequestOptions } from './http-browser.ts';

const REFERENCE = /お問い合わせ番号|Reference/;

/** Posts that fill in more of a form and do not send it: the lookup of an address without JavaScript. */
const FILLS_IN = /\baction=find_address\b/;

/** @throws if the answer leaves the person without anything to do */
export function checkAnswer(answer: Answer, { method = 'GET', body = '', mayFail = false }: RequestOptions): void {
  const { status, headers, text, url } = answer;
  const fail = (what: string): never => {
    throw new Error(`${what}: ${method} ${url} was answered ${status}\n${text.slice(0, 1000)}`);
  };
  if (status >= 500 && status !== 503 && !mayFail) fail('a server error');
  if ((status === 429 || status === 503) && headers['retry-after'] === undefined)
    fail('refused for the present without Retry-After');
  if (method === 'POST' && status < 400 && status !== 303 && !FILLS_IN.test(body.toString()))
    fail('a post is answered by a redirect with 303, the form once more with 422, or what stands in its way');
  if (status < 400) return;
  if (!String(headers['content-type']).startsWith('text/html') || !text.includes('<main')) fail('not a page of ours');
  // A form with its mistakes lets the person go on. Every other error page says whom to ask, and the number of the request.
  if (!REFERENCE.test(text) && !text.includes('<form')) fail('neither a form nor a reference number');
}
