// Shows the error of a posted form by GET (Post/Redirect/Get): a page that answers a POST cannot be shown again by "back" or reload. The
// error stands in the address, signed, because an error may mean that there are no cookies or no database.
import { createCookieSigner } from './cookie-signer.ts';
import type { Brand, PageContext } from './page-context.ts';
import { isPageErrorCode, type PageErrorCode } from './page-error.ts';

/** An error as its page tells it. */
export type ToldError = {
  code: PageErrorCode;
  status: number;
  /** The request that failed, which the log names. */
  requestId: string;
  brand: Brand;
  wayOn: string | undefined;
  /** When waiting is over, if it helps; milliseconds since 1970. */
  retryAt: number | undefined;
};

export type ErrorsByGet = {
  /** Returns the address that shows an error. `undefined` if the request is not a form that a browser sent for a page. */
  addressOf(ctx: PageContext, error: ToldError): string | undefined;
  /** Returns the error that the address shows, if it is one of ours for this path and not older than two minutes. */
  read(ctx: PageContext): ToldError | undefined;
};

/** The query parameter of the address that shows an error. */
const FAILED = 'failed';

const LIFETIME_MS = 2 * 60 * 1000;

/**
 * @param keys the keys for cookies; the first one signs, all verify
 * @param clock milliseconds since 1970
 */
export function createErrorsByGet(keys: readonly string[], clock: () => number): ErrorsByGet {
  const signer = createCookieSigner(keys);
  const signedText = (path: string, text: string): string => `${FAILED}:${path}:${text}`;

  return {
    addressOf(ctx, error) {
      // Browsers name the mode (Fetch Metadata). Programs and scripts get the error as the answer to their POST.
      if (ctx.method !== 'POST' || ctx.get('Sec-Fetch-Mode') !== 'navigate') return undefined;
      const text = Buffer.from(JSON.stringify({ ...error, until: clock() + LIFETIME_MS })).toString('base64url');
      const address = new URLSearchParams({ [FAILED]: `${text}.${signer.sign(signedText(ctx.path, text))}` });
      return `${ctx.path}?${address.toString()}`;
    },

    read(ctx) {
      const { [FAILED]: value } = ctx.query;
      if (ctx.method !== 'GET' || typeof value !== 'string') return undefined;
      const [text = '', signature = ''] = value.split('.');
      if (!signer.verify(signedText(ctx.path, text), signature)) return undefined;
      const told: ToldError & { until: number } = JSON.parse(Buffer.from(text, 'base64url').toString());
      const { until, ...error } = told;
      // Another version may have written it.
      return clock() < until && isPageErrorCode(error.code) ? error : undefined;
    },
  };
}
