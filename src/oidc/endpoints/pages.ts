// The pages that oidc-provider asks for by itself: errors without a way back to the client, and logout.
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../../config/clients/client-registry.ts';
import { asPageError, askAgainLater } from '../../http/error-page.ts';
import { formActionOf } from '../../http/form-action.ts';
import type { PageErrorCode } from '../../http/page-error.ts';
import { page, type PageContext } from '../../http/page-context.ts';

const asPage = (ctx: KoaContextWithOIDC): PageContext => ctx as unknown as PageContext;

/**
 * An authorization request that cannot be answered to its client: what happened, for the person; what is wrong, for the developer.
 * Programs get JSON whatever they accept: that of Java's own HTTP client begins with `text/html`.
 */
export function renderError(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): void {
  const { status } = ctx;
  if (!BROWSER_ROUTES.includes(ctx.oidc.route)) {
    ctx.body = out;
    return;
  }
  const { state } = asPage(ctx);
  speakAsAsked(ctx);
  // Not the request is at fault then.
  const failure = status >= 500 ? asPageError(error) : undefined;
  const code = failure?.code ?? KNOWN_ERRORS.find((known) => known === out.error) ?? 'invalid_request';
  page(asPage(ctx), '/error', {
    kind: 'note',
    title: state.t(`errors.${code}.title`),
    text: state.t(`errors.${code}.text`),
    action: state.t(`errors.${code}.action`),
    wayOn: state.defaultWayOn?.(),
    ...(!failure && { detail: [out.error, out.error_description].filter(Boolean).join(': ') }),
  });
  ctx.status = failure?.status ?? 400;
  if (failure) askAgainLater(ctx, failure);
}

/** Where browsers come. Everything else of oidc-provider is called by programs. */
const BROWSER_ROUTES = ['authorization', 'resume', 'end_session', 'end_session_confirm', 'end_session_success'];

/** Errors that have sentences of their own. */
const KNOWN_ERRORS: readonly PageErrorCode[] = [
  'invalid_request',
  'invalid_client',
  'invalid_redirect_uri',
  'invalid_request_uri',
];

/** What oidc-provider's own form carries, put into ours. */
function hiddenFields(form: string): { action: string; fields: { name: string; value: string }[] } {
  const inputs = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  // The button of our page says it.
  const fields = inputs.filter(([, name]) => name !== 'logout');
  return {
    action: /action="([^"]+)"/.exec(form)?.[1] ?? '',
    fields: fields.map(([, name, value]) => ({ name: name as string, value: value as string })),
  };
}

/** Asks before anybody is logged out, because another site may have sent the person here (OpenID Connect RP-Initiated Logout 1.0 section 6). */
export function createLogoutSource(clients: ClientRegistry) {
  return function logoutSource(ctx: KoaContextWithOIDC, form: string): void {
    const { state } = asPage(ctx);
    const client = ctx.oidc.client && clients.find(ctx.oidc.client.clientId);
    speakAsAsked(ctx);
    allowWayBack(ctx);
    page(asPage(ctx), 'logout', {
      kind: 'step',
      title: state.t('logout.title'),
      ...hiddenFields(form),
      clientName: client?.name[state.language],
      cancelUrl: ctx.oidc.params?.post_logout_redirect_uri ?? '/',
    });
  };
}

/** `ui_locales`, of logout requests too (OpenID Connect RP-Initiated Logout 1.0 section 2). */
function speakAsAsked(ctx: KoaContextWithOIDC): void {
  const asked = ctx.oidc.params?.ui_locales;
  if (typeof asked === 'string') asPage(ctx).state.preferLanguages(asked.split(' '));
}

/** The confirmation posts to us and is redirected to the client. */
function allowWayBack(ctx: KoaContextWithOIDC): void {
  const target = ctx.oidc.params?.post_logout_redirect_uri;
  if (typeof target === 'string') asPage(ctx).state.formActionOrigins.push(formActionOf(target));
}

export function postLogoutSuccessSource(ctx: KoaContextWithOIDC): void {
  page(asPage(ctx), 'logged-out', { kind: 'note', title: asPage(ctx).state.t('logged_out.title') });
}

/** The page that brings a response to the client by a form (OAuth 2.0 Form Post Response Mode) may post there. */
export function allowFormPost(ctx: KoaContextWithOIDC): void {
  const { params, redirectUriCheckPerformed } = ctx.oidc ?? {};
  if (params?.response_mode === 'form_post' && redirectUriCheckPerformed && typeof ctx.body === 'string')
    asPage(ctx).state.formActionOrigins.push(formActionOf(String(params.redirect_uri)));
}
