// Checks signed authorization requests (JAR, RFC 9101) beyond the checks of oidc-provider, for the clients whose file asks for them.
import { decodeJwt } from 'jose';
import Provider, { errors, type Client, type KoaContextWithOIDC, type OIDCContext } from 'oidc-provider';
import type { Deps } from '../../deps.ts';

/** Signature algorithms of request objects. */
export const REQUEST_OBJECT_ALGORITHMS = ['ES256', 'PS256'] as const;

/** Deeply nested arrays in a longer one could overflow the stack. */
const MAX_LENGTH = 8 * 1024;
const MAX_LIFETIME_SECONDS = 60 * 60;
/** RFC 9101, section 10.8. Many libraries write no `typ`, or `JWT`. */
const TYPES: readonly unknown[] = [undefined, 'JWT', 'oauth-authz-req+jwt'];
/** Where authorization requests arrive. */
const ROUTES = ['authorization', 'pushed_authorization_request', 'device_authorization'];

const refuse = (sentence: string): never => {
  throw new errors.InvalidRequestObject(`request: ${sentence}`);
};

/** The scope of each request that came as a request object, or was pushed. oidc-provider removes some scopes from its parameters. */
const scopes = new WeakMap<object, unknown>();

/** Returns the scope that a client requested, before oidc-provider removes any of it. */
export function requestedScope(ctx: KoaContextWithOIDC): string {
  return String((scopes.has(ctx.oidc) ? scopes.get(ctx.oidc) : (ctx.oidc.body?.scope ?? ctx.query.scope)) ?? '');
}

/**
 * Makes the check of a request object, before its signature is verified and after oidc-provider has checked `aud`. It must expire soon (FAPI 2.0
 * Message Signing, section 5.3.1): a stolen one is of no use later.
 */
export function createRequestObjectCheck(clock: Deps['clock']) {
  return function checkRequestObject(
    ctx: KoaContextWithOIDC,
    claims: Record<string, unknown>,
    header: Record<string, unknown>,
    client: Client,
  ): void {
    scopes.set(ctx.oidc, claims.scope);
    // oidc-provider keeps a pushed request as a request object of its own. The one that was pushed was checked then.
    if ('PushedAuthorizationRequest' in ctx.oidc.entities) return;
    const now = clock() / 1000;
    const { exp, nbf, iss, sub } = claims;
    if (!TYPES.includes(header.typ)) refuse('"typ" must be oauth-authz-req+jwt');
    if (header.crit !== undefined || header.b64 !== undefined) refuse('"crit" and "b64" are not accepted in its header');
    if (iss !== client.clientId) refuse('"iss" must be the client_id');
    // A client assertion has it (RFC 9101, section 10.8).
    if (sub === client.clientId) refuse('"sub" must not be the client_id');
    if (typeof nbf !== 'number' || !(nbf >= now - MAX_LIFETIME_SECONDS))
      return refuse(`"nbf" may be at most ${MAX_LIFETIME_SECONDS} seconds in the past; it is a time in seconds since 1970-01-01`);
    if (typeof exp !== 'number' || !(exp <= nbf + MAX_LIFETIME_SECONDS))
      refuse(`"exp" may be at most ${MAX_LIFETIME_SECONDS} seconds after "nbf"`);
  };
}

/**
 * Refuses a request object of a client whose file does not ask for them, and a too long one, before oidc-provider parses it. The hook is
 * the moment at which oidc-provider knows the client.
 */
export function acceptRequestObjectsIfAsked(provider: Provider, { clients }: Pick<Deps, 'clients'>): void {
  const { prototype } = provider.OIDCContext;
  const { entity } = prototype;
  prototype.entity = function entityOfRequest(this: OIDCContext, ...[key, value]: Parameters<OIDCContext['entity']>) {
    entity.call(this, key, value);
    if (key !== 'Client' || !ROUTES.includes(this.route)) return;
    const sent = this.body?.request ?? Provider.ctx?.query.request;
    if (sent === undefined) return;
    if (clients.find((value as Client).clientId)?.metadata.request_object_signing_alg === undefined) {
      answerAsAsked(this, sent);
      throw new errors.RequestNotSupported('this client sends no signed requests (request_object_signing_alg in its file)');
    }
    if (String(sent).length > MAX_LENGTH) refuse(`at most ${MAX_LENGTH} characters`);
  };
}

/**
 * Takes from a request object that is not accepted where the client expects the refusal (OpenID Connect Core 1.0, section 6.1: its parameters
 * supersede those beside it). Nothing is verified, and need not be: a redirect URI has to be registered, as in any request.
 */
function answerAsAsked({ params }: OIDCContext, sent: unknown): void {
  if (!params || typeof sent !== 'string' || sent.length > MAX_LENGTH) return;
  let claims: Record<string, unknown>;
  try {
    claims = decodeJwt(sent);
  } catch {
    return;
  }
  const { redirect_uri: redirectUri, state, response_mode: mode } = claims;
  if (typeof redirectUri === 'string') params.redirect_uri = redirectUri;
  if (typeof state === 'string') params.state = state;
  // The signed modes are for clients whose file asks for them.
  if (mode === 'form_post' || mode === 'query') params.response_mode = mode;
}
