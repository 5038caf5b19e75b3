// The context of every page, and the function that renders a page.
import type { ParameterizedContext } from 'koa';
import type { Language } from '../language.ts';
import type { Translate } from './translator.ts';

export type Brand = 'toyota' | 'lexus';

/**
 * Origins, or `any`. Chromium also applies `form-action` to every redirect after the post. A form whose response redirects to a
 * client needs `any`: the client may redirect once more, to another origin or to the private scheme of an app.
 */
export type FormTargets = string[] | 'any';

/** Set by the middleware of `createPageApp`, in this order. */
export type PageState = {
  /** Shown on error pages and in the log, so that a person can quote it to support. */
  requestId: string;
  language: Language;
  t: Translate;
  /**
   * Chooses the language again, with these preferences (BCP 47, in order) before the browser's. A language that the person chose on our
   * pages comes first, because the language link must work.
   */
  preferLanguages: (wishes: readonly string[]) => void;
  brand: Brand;
  /** The value of the hidden field in every form. */
  csrfToken: string;
  /** Whether the request is a form of our own pages in this browser. */
  isOwnForm?: boolean;
  /** Where this page's forms may lead besides to this app (CSP `form-action`). */
  formTargets: FormTargets;
  /** Returns the target of an error page's link if the error has none. Defaults to the app's start page. */
  defaultWayOn?: () => string | undefined;
  /** Returns how far the person is at a page, where several pages make one journey. */
  progressAt?: (view: string) => { at: number; of: number } | undefined;
  /** Renders `views/<app>/<view>.ejs` inside the layout. */
  renderPage: (view: string, data: PageData) => void;
};

export type PageContext = ParameterizedContext<PageState>;

/** A page without its layout. */
export type PageContent = {
  /** The page's title and heading, in the person's language. */
  title: string;
  /** Error sentences by field name. If there are any, the status is 422 and the title starts with エラー. */
  errors?: Record<string, string>;
  /** The path and query that show this page by GET, if a form with another address leads to it. */
  shownAt?: string;
  [name: string]: unknown;
};

/** The data of a view, available as `v` along with `t`, `lang`, `brand`, `csrfToken`, `requestId`, `path`, `app` and `home`. */
export type PageData = PageContent & {
  /** `step`: one narrow column; `site`: wide, with a menu; `note`: an icon, a sentence and the next step. */
  kind: 'step' | 'site' | 'note';
};

/**
 * Responds with a page and status 200, or 422 if `data.errors` is not empty. Browsers and proxies must not store pages, because
 * these contain personal data or a token.
 */
export function page(ctx: PageContext, view: string, data: PageData): void {
  ctx.state.renderPage(view, data);
}
