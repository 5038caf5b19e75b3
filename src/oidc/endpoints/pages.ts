// The pages that oidc-provider renders through us: errors that cannot be returned to the client, and logout.
import { errors, type ErrorOut, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { ClientRegistry } from '../../config/clients/client-registry.ts';
import { asPageError, askAgainLater } from '../../http/error-page.ts';
import type { PageErrorCode } from '../../http/page-error.ts';
import { redirect } from '../../http/redirect.ts';
import { page } from '../../http/page-context.ts';
import { asPage } from '../provider-context.ts';
import { detailOf } from './answer-refusals.ts';

/**
 * Makes the function that renders an error that cannot be redirected to the client. The page tells the person what happened and the
 * developer what is wrong. Programs always get JSON: the Accept header of Java's HTTP client begins with `text/html`.
 */
export function createRenderError(deps: Pick<Deps, 'config' | 'clients'>) {
  return function renderError(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): void {
    const { status } = ctx;
    if (!BROWSER_ROUTES.includes(ctx.oidc.route)) {
      ctx.body = out;
      return;
    }
    const plainLogout = status < 500 ? plainerLogout(ctx) : undefined;
    if (plainLogout !== undefined) {
      redirect(ctx, plainLogout);
      return;
    }
    const { state } = asPage(ctx);
    speakAsAsked(ctx);
    // The fault is ours and not the request's.
    const failure = status >= 500 ? asPageError(error) : undefined;
    errorPages.add(ctx);
    const code = failure?.code ?? KNOWN_ERRORS.find((known) => known === out.error) ?? 'invalid_request';
    page(asPage(ctx), '/error', {
      kind: 'note',
      title: state.t(`errors.${code}.title`),
      text: state.t(`errors.${code}.text`),
      action: state.t(`errors.${code}.action`),
      wayOn: state.defaultWayOn?.(),
      ...(!failure && error instanceof errors.OIDCProviderError && { detail: detailOf(ctx, error, deps) }),
    });
    ctx.status = failure?.status ?? 400;
    if (failure) askAgainLater(ctx, failure);
  };
}

/** The parameter of ours in a logout without the parameters that made it fail: the id of the refused request. */
const REFUSED = 'refused';

/**
 * Returns the path of the same logout without the parameters that made it fail; `undefined` if there is nothing to remove. A person who
 * wants to log out always gets our confirmation page: the hint is old or damaged by no fault of theirs. The log has the reason.
 */
function plainerLogout(ctx: KoaContextWithOIDC): string | undefined {
  const { path, query } = ctx;
  const { route, provider } = ctx.oidc;
  // The token of the form is old: the person has logged out, or opened the page again, in another tab.
  if (route === 'end_session_confirm') return provider.pathFor('end_session');
  if (route !== 'end_session' && route !== 'end_session_success') return undefined;
  const { ui_locales: locales, id_token_hint: hint, [REFUSED]: before, ...others } = query;
  if (hint === undefined && Object.keys(others).length === 0) return undefined;
  const kept = new URLSearchParams(typeof locales === 'string' ? { ui_locales: locales } : {});
  if (route === 'end_session') kept.set(REFUSED, idOfRefused(before) ?? asPage(ctx).state.requestId);
  // `client_id` still says which client it is, and its redirect URI is checked again.
  if (hint !== undefined) {
    for (const [name, values = []] of Object.entries(others)) for (const value of [values].flat()) kept.append(name, value);
  }
  return kept.size > 0 ? `${path}?${kept.toString()}` : path;
}

const idOfRefused = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9a-f]{12}$/.test(value) ? value : undefined;

/** The requests that are answered with an error page of ours. */
const errorPages = new WeakSet<KoaContextWithOIDC>();

/** The routes that browsers open. Programs call all other routes of oidc-provider. */
const BROWSER_ROUTES = ['authorization', 'resume', 'device_resume', 'end_session', 'end_session_confirm', 'end_session_success'];

/** Errors that have a text of their own. */
const KNOWN_ERRORS: readonly PageErrorCode[] = [
  'invalid_request',
  'invalid_client',
  'invalid_redirect_uri',
  'invalid_request_uri',
];

/** Reads the target and the hidden fields of oidc-provider's form, for ours. */
function hiddenFields(form: string): { action: string; fields: { name: string; value: string }[] } {
  const inputs = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  const fields = [...inputs].map(([, name = '', value = '']) => ({ name, value }));
  return {
    action: /action="([^"]+)"/.exec(form)?.[1] ?? '',
    // The button of our page sends `logout`.
    fields: fields.filter(({ name }) => name !== 'logout'),
  };
}

/**
 * Makes oidc-provider's `logoutSource`: the page that asks before it logs out. It asks because another site may have sent the
 * person here (OpenID Connect RP-Initiated Logout 1.0 section 6).
 */
export function createLogoutSource(clients: ClientRegistry) {
  return function logoutSource(ctx: KoaContextWithOIDC, form: string): void {
    const { state } = asPage(ctx);
    const client = ctx.oidc.client && clients.find(ctx.oidc.client.clientId);
    // A client that is named beside a dead hint still gets its user back. Without a client, nobody knows where to go back to.
    const refused = client ? undefined : idOfRefused(ctx.query[REFUSED]);
    speakAsAsked(ctx);
    // The confirmation posts to us, and we redirect to the client's `post_logout_redirect_uri`.
    state.formTargets = 'any';
    page(asPage(ctx), 'logout', {
      kind: 'step',
      title: state.t('logout.title'),
      ...hiddenFields(form),
      clientName: client?.name[state.language],
      cancelUrl: ctx.oidc.params?.post_logout_redirect_uri ?? '/',
      ...(refused !== undefined && { refused }),
    });
    if (refused !== undefined) ctx.status = 400;
  };
}

/** Applies `ui_locales`, which logout requests have too (OpenID Connect RP-Initiated Logout 1.0 section 2). */
function speakAsAsked(ctx: KoaContextWithOIDC): void {
  const asked = ctx.oidc.params?.ui_locales;
  if (typeof asked === 'string') asPage(ctx).state.preferLanguages(asked.split(' '));
}

/** Renders the page after a logout without a `post_logout_redirect_uri`. */
export function postLogoutSuccessSource(ctx: KoaContextWithOIDC): void {
  page(asPage(ctx), 'logged-out', { kind: 'note', title: asPage(ctx).state.t('logged_out.title') });
}

/**
 * Lets the page that posts the response to the client (OAuth 2.0 Form Post Response Mode) do so, also if the response is an error: that is
 * for the client, so the page itself is in order.
 */
export function allowFormPost(ctx: KoaContextWithOIDC): void {
  const { route, params } = ctx.oidc;
  const posts =
    ['authorization', 'resume'].includes(route) &&
    String(params?.response_mode).startsWith('form_post') &&
    ctx.type === 'text/html';
  if (!posts || typeof ctx.body !== 'string' || errorPages.has(ctx) || ctx.status === 303) return;
  speakAsAsked(ctx);
  const { state } = asPage(ctx);
  state.formTargets = 'any';
  ctx.status = 200;
  ctx.set('Content-Language', state.language);
  // What a person without scripts reads.
  const toPress = `<p>${state.t('form_post.text')}</p><button type="submit">${state.t('form_post.submit')}</button>`;
  ctx.body = ctx.body
    .replace('<html>', `<html lang="${state.language}">`)
    .replace(/<title>[^<]*/, `<title>${state.t('form_post.title')}`)
    .replace(/<noscript>[\s\S]*?<\/noscript>/, `<noscript>${toPress}</noscript>`);
}
