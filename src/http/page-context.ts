// What every page's context holds, and the one way to answer with a page.
import type { ParameterizedContext } from 'koa';
import type { Language, Translate } from './translator.ts';

export type Brand = 'toyota' | 'lexus';

/** Put onto the context by `createPageApp`'s middleware, in this order. */
export type PageState = {
  /** Stands on error pages and in the log; a person can read it out to support. */
  requestId: string;
  language: Language;
  t: Translate;
  /**
   * Chooses the language anew with these wishes (BCP 47, in order) before the browser's own. What the person chose on a page of ours
   * stands above all, because a link that is pressed must work.
   */
  preferLanguages: (wishes: readonly string[]) => void;
  brand: Brand;
  /** The hidden field of every form. */
  csrfToken: string;
  /** Origins besides our own that this page's forms may be redirected to (CSP `form-action`, which Chromium applies to redirects too). */
  formActionOrigins: string[];
  /** Where an error page leads when the error itself knows no way; the app's start where this is missing too. */
  defaultWayOn?: () => string | undefined;
  /** Renders `views/<app>/<view>.ejs` inside the layout. */
  renderPage: (view: string, data: PageData) => void;
};

export type PageContext = ParameterizedContext<PageState>;

/** What a view gets as `v`, besides `t`, `lang`, `brand`, `csrfToken`, `requestId`, `path`, `app` and `home`. */
export type PageData = {
  /** The page's title and heading, in the person's language. */
  title: string;
  /** `step`: one narrow column; `site`: header with menu, wide; `note`: icon, one sentence, what next. */
  kind: 'step' | 'site' | 'note';
  /** Sentences by field name. Where there are any the page is answered with 422 and its title begins with エラー. */
  errors?: Record<string, string>;
  [name: string]: unknown;
};

/**
 * Answers with a page: 200, or 422 where `data.errors` has any sentence. Pages are never stored by browsers or proxies, because
 * they hold personal data or a token.
 */
export function page(ctx: PageContext, view: string, data: PageData): void {
  ctx.state.renderPage(view, data);
}
