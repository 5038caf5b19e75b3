// Creates a Koa application for pages, with the same ordered middleware for the common ID and each reference app.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { send } from '@koa/send';
import Koa from 'koa';
import compose from 'koa-compose';
import type { Emit } from '../telemetry/emit.ts';
import type { Log } from '../telemetry/log.ts';
import type { Traces } from '../telemetry/traces.ts';
import { inRequest } from '../request-context.ts';
import { reportAnswers, type AnswerReports } from './report-answers.ts';
import { traceRequests } from './trace-requests.ts';
import { createClientAddress, type TrustProxy } from './client-address.ts';
import { createCookieSigner } from './cookie-signer.ts';
import { csrf } from './csrf.ts';
import { createErrorsByGet } from './error-by-get.ts';
import { errorForPrograms, errorPage } from './error-page.ts';
import type { Brand, PageContext, PageState } from './page-context.ts';
import { keepTogether } from './keep-together.ts';
import { createMemoryPages } from './memory-pages.ts';
import { asksForOwnHost } from './own-host.ts';
import { pinRequests } from './pin-requests.ts';
import { readForm } from './read-form.ts';
import { securityHeaders, securityHeadersForPrograms } from './security-headers.ts';
import { isRefused, ServerBusy } from './server-busy.ts';
import { LANGUAGES } from '../language.ts';
import { chooseLanguage, createTranslator } from './translator.ts';
import { showByGet, type PageKeeper } from './show-by-get.ts';
import { createViewRenderer } from './view-renderer.ts';

export type { Log };

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url));
const ASSETS = fileURLToPath(new URL('../../views/assets', import.meta.url));
const LOCALES = fileURLToPath(new URL('../../config/locales', import.meta.url));

/** Whether there is a view, such as `common-id/login`. */
export const hasView = (view: string): boolean => existsSync(join(VIEWS, `${view}.ejs`));

/** How long a browser may keep a style sheet or script. */
const ASSET_MAX_AGE_MS = 60 * 60 * 1000;

/** How long a browser remembers the language that the person chose. */
const LANGUAGE_KEPT_MS = 365 * 24 * 60 * 60 * 1000;

/** The browser closed the connection during the response; this is not our error. */
const CONNECTION_ENDED = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'];

export type PageAppOptions = {
  /** The name of the folder in views/, the file in config/locales/<language>/, and the cookies. */
  app: 'common-id' | 'owners-site' | 'maintenance-notebook' | 'dealer-system' | 'mailbox' | 'demo-clients' | 'operations-console';
  /** More text files in config/locales/<language>/. */
  words?: readonly string[];
  /** The origin of its URLs. With https, cookies are `Secure` and have the prefix `__Host-`. */
  origin: string;
  /** The keys for cookies and tokens; the first one signs, all verify. */
  cookieKeys: string[];
  /** The reverse proxies in front whose X-Forwarded-For is believed. */
  trustProxy: TrustProxy;
  log: Log;
  /** Emits events; without it the log has a line. */
  emit?: Emit;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Whether compiled views are cached. */
  cacheViews: boolean;
  /**
   * Whether to accept any host name, as in production, where TLS protects the name. Otherwise other names are answered with 421
   * (see own-host.ts).
   */
  anyHost?: boolean;
  /** Whether every page says that this is a test installation. */
  isSandbox?: boolean;
  /** The telephone number of the support desk, for the end of every page. */
  supportPhone?: string | undefined;
  /** Handlers for programs, by path. They run before the middleware for pages. */
  forPrograms?: ReadonlyMap<string, Koa.Middleware<PageState>>;
  /** Keeps the pages that answer forms, so that they are shown by GET; in the memory of this process if left out. */
  pages?: PageKeeper;
  /** Makes a span of each request. */
  traces?: Traces | undefined;
  /** What is told about each answer. */
  reports?: AnswerReports;
  /** The brand of this request; TOYOTA if left out. */
  brand?: (ctx: PageContext) => Brand;
};

/** What each app is given by the process that starts it. */
export type AppOptions = Pick<
  PageAppOptions,
  'origin' | 'cookieKeys' | 'trustProxy' | 'cacheViews' | 'supportPhone' | 'anyHost' | 'clock' | 'log'
>;

export type PageApp = {
  koa: Koa<PageState>;
  /** Middleware for routers with forms: reads the form, then checks the CSRF token. */
  forms: Koa.Middleware<PageState>[];
  /** Returns the full name of a cookie of this app; with https it has the prefix `__Host-`. */
  cookieName: (name: string) => string;
};

/**
 * Creates the application; the caller adds its routers with `koa.use(…)`.
 * Every page is `Cache-Control: no-store`; `/assets/…` comes from views/assets.
 */
export function createPageApp(options: PageAppOptions): PageApp {
  const secure = options.origin.startsWith('https:');
  const cookieName = (name: string): string => `${secure ? '__Host-' : ''}${options.app}.${name}`;
  const translator = createTranslator(LOCALES, ['common', options.app, ...(options.words ?? [])]);
  const render = createViewRenderer(VIEWS, options.cacheViews);
  const koa = new Koa<PageState>();
  pinRequests(koa.request, options.origin, createClientAddress(options.trustProxy, options.log));
  koa.keys = createCookieSigner(options.cookieKeys);
  koa.on('error', (error: NodeJS.ErrnoException, ctx?: PageContext) => {
    if (CONNECTION_ENDED.includes(error.code ?? '')) return;
    // Koa tells of it outside of the request.
    const fields = { request_id: ctx?.state.requestId, detail: error.message, stack: error.stack };
    options.log.error(fields, 'answer failed');
  });

  if (options.traces) koa.use(traceRequests(options.traces, options.forPrograms));
  koa.use(async function nameRequest(ctx, next) {
    const requestId = randomUUID().slice(-12);
    ctx.state.requestId = requestId;
    ctx.set('X-Request-Id', requestId);
    try {
      await inRequest({ requestId, traceparent: ctx.get('traceparent') }, next);
    } catch (error) {
      // Koa removes all other headers from the answer.
      throw Object.assign(asError(error), { headers: { 'X-Request-Id': requestId } });
    }
    const { body } = ctx;
    if (isErrorForProgram(body)) ctx.body = { ...body, request_id: requestId };
  });
  if (options.reports) koa.use(reportAnswers(options.reports, options.forPrograms));
  koa.use(async function leaveEmptyAnswersWithoutType(ctx, next) {
    await next();
    // Koa takes an empty text for plain text, which some client libraries try to parse.
    if (ctx.body === '') ctx.remove('Content-Type');
  });
  koa.use(async function refuseOtherHosts(ctx, next) {
    if (options.anyHost === true || asksForOwnHost(ctx.req, options.origin)) return next();
    const t = translator.in(chooseLanguage(acceptedLanguages(ctx)));
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.status = 421;
    ctx.type = 'text';
    ctx.body = `${t('misdirected', { origin: options.origin })}\n`;
  });
  if (options.forPrograms) koa.use(programs(options.forPrograms, secure, options));
  koa.use(securityHeaders(secure));
  koa.use(async function serveAssets(ctx, next) {
    if (!ctx.path.startsWith('/assets/')) return next();
    const maxage = options.cacheViews ? ASSET_MAX_AGE_MS : 0;
    // The assets folder is the root, so that `/assets/../` does not lead to the views.
    const sent = await send(ctx, ctx.path.slice('/assets'.length), { root: ASSETS, maxage }).catch(
      (error: { status?: number }) => {
        if ((error.status ?? 500) >= 500) throw error;
      },
    );
    // The file does not exist, or the path leads out of the folder. The 404 page does not reveal paths of this machine.
    if (sent === undefined) await next();
  });
  koa.use(async function setLanguage(ctx, next) {
    const asked = typeof ctx.query.lang === 'string' ? LANGUAGES.find((language) => language === ctx.query.lang) : undefined;
    if (asked) {
      ctx.cookies.set(cookieName('language'), asked, {
        signed: false,
        httpOnly: true,
        sameSite: 'lax',
        secure,
        maxAge: LANGUAGE_KEPT_MS,
      });
    }
    const chosen = asked ?? ctx.cookies.get(cookieName('language'), { signed: false });
    ctx.state.preferLanguages = (wishes) => {
      ctx.state.language = chooseLanguage([chosen, ...wishes, ...acceptedLanguages(ctx)]);
      ctx.state.t = translator.in(ctx.state.language);
    };
    ctx.state.preferLanguages([]);
    ctx.state.brand = options.brand?.(ctx) ?? 'toyota';
    await next();
  });
  koa.use(async function provideRender(ctx, next) {
    ctx.state.renderPage = (view, data) => {
      const failed = data.errors !== undefined && Object.keys(data.errors).length > 0;
      ctx.status = failed ? 422 : 200;
      ctx.type = 'html';
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Content-Language', ctx.state.language);
      ctx.set('Vary', 'Accept-Language, Cookie');
      const html = render('layout', {
        ...data,
        // All apps share the views whose name starts with a slash.
        view: view.startsWith('/') ? view : `/${options.app}/${view}`,
        app: options.app,
        t: ctx.state.t,
        lang: ctx.state.language,
        brand: ctx.state.brand,
        csrfToken: ctx.state.csrfToken,
        requestId: ctx.state.requestId,
        isSandbox: options.isSandbox,
        supportPhone: options.supportPhone,
        path: ctx.path,
        // One leading slash only: links of the page are built from this, and `//host` would be another site.
        url: ctx.url.replace(/^[/\\]*/, '/'),
        progress: ctx.state.progressAt?.(view),
        failed,
      });
      ctx.body = keepTogether(html);
    };
    await next();
  });
  koa.use(errorPage(options, createErrorsByGet(options.cookieKeys, options.clock), options.clock));
  const ownForm = [readForm(), csrf(cookieName('csrf'), options.cookieKeys, options.origin, secure)];
  const readOwnForm = compose(ownForm);
  koa.use(async function refuseWhenBusy(ctx, next) {
    if (!isRefused(ctx.req)) return next();
    // The page of the error sends a form of ours again. Everything else is refused as it is.
    if (ctx.method === 'POST') await readOwnForm(ctx, async () => undefined).catch(() => undefined);
    throw new ServerBusy();
  });

  return { koa, cookieName, forms: [...ownForm, showByGet(options.pages ?? createMemoryPages(options.clock))] };
}

function programs(
  answers: ReadonlyMap<string, Koa.Middleware<PageState>>,
  secure: boolean,
  telemetry: Pick<PageAppOptions, 'log' | 'emit'>,
): Koa.Middleware<PageState> {
  const refuse: Koa.Middleware<PageState> = async (ctx, next) => {
    if (isRefused(ctx.req)) throw new ServerBusy();
    await next();
  };
  const before = [securityHeadersForPrograms(secure), errorForPrograms(telemetry), refuse];
  const composed = new Map([...answers].map(([path, answer]) => [path, compose([...before, answer])]));
  return async function answerPrograms(ctx, next) {
    const answer = composed.get(ctx.path);
    return answer ? answer(ctx, next) : next();
  };
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Whether a body is an error of OAuth 2.0 (RFC 6749, section 5.2), which may have more members. */
function isErrorForProgram(body: unknown): body is { error: string } {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string';
}

function acceptedLanguages(ctx: PageContext): string[] {
  const accepted = ctx.acceptsLanguages();
  return Array.isArray(accepted) ? accepted : [];
}
