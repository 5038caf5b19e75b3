// The configuration of oidc-provider: storage, clients, features, and our callbacks.
import type { Configuration, KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { REACHABLE_ACR } from '../domain/authentication-methods.ts';
import { createCookieSigner } from '../http/cookie-signer.ts';
import { DPOP_ALGORITHMS } from '../http/dpop-proof.ts';
import { boundedFetch } from '../http/bounded-fetch.ts';
import { sessionSeconds } from './sessions/session-lifetime.ts';
import { clientsForProvider, createAdapterFactory } from './adapter.ts';
import { createAssertionCheck } from './clients/client-assertion.ts';
import { createRequestObjectCheck, REQUEST_OBJECT_ALGORITHMS, requestedScope } from './clients/request-object.ts';
import { accountClaims, CLAIMS_BY_SCOPE, OIDC_SCOPES, SIGN_IN_CLAIMS } from './claims.ts';
import { createClaimsCheck, grantedClaims, type Wishes } from './claims-parameter.ts';
import { createDevicePages } from './device/device-pages.ts';
import { createDealerNaming, createResourceIndicators, createRichAuthorizationRequests } from './grants/dealer-link-grant.ts';
import { createLoadExistingGrant } from './grants/existing-grant.ts';
import { createRefreshRotation } from './grants/refresh-rotation.ts';
import { createFinishMigration } from './migration/finish-migration.ts';
import { interactionUrl } from './policy/interaction-url.ts';
import { beginsKept, requestSeconds } from './policy/request-lifetime.ts';
import { createLegacyHandOver } from './migration/legacy-hand-over.ts';
import { createLogoutSource, createRenderError, postLogoutSuccessSource } from './endpoints/pages.ts';
import { pairwiseSubject, sectorOf } from './clients/pairwise-subject.ts';
import { createPolicy } from './policy/policy.ts';
import { createRequestBounds } from './endpoints/request-bounds.ts';
import { CLIENT_AUTHENTICATION, furtherMetadata } from './endpoints/discovery.ts';
import { assertOpenedHere } from './endpoints/pushed-request-browser.ts';
import { createSignInChecks, extraTokenClaims, mayUse, type UsedToken } from './sessions/sign-in-checks.ts';

/** A JWT whose `nbf` is up to ten seconds ahead has to be accepted (FAPI 2.0 Security Profile, section 5.3.2.1). */
const CLOCK_TOLERANCE_SECONDS = 10;

/** A code counts once, and only for this long. */
export const AUTHORIZATION_CODE_SECONDS = 60;

/** An access token before it is issued. Its resource may set a lifetime, which a plain number in `ttl` would override. */
type Issued = { resourceServer?: Pick<ResourceServer, 'accessTokenTTL'> | undefined };

/** Makes the whole configuration. The same files give the same result. */
export function createProviderConfiguration(deps: Deps): Configuration {
  const { config, clients, storage, clock, keys } = deps;
  const acceptLegacyProfile = createLegacyHandOver(deps);
  const boundRequest = createRequestBounds(deps);
  const finishMigration = createFinishMigration(deps);
  const signIns = createSignInChecks(deps);
  const renderError = createRenderError(deps);
  const secure = config.issuer.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure, overwrite: true } as const;
  /** The resource's lifetime takes precedence over the client's, and that over the general one. In seconds. */
  const accessTokenLifetime = (_ctx: unknown, { resourceServer }: Issued, { clientId }: { clientId: string }): number =>
    resourceServer?.accessTokenTTL ?? clients.find(clientId)?.accessTokenLifetimeSeconds ?? config.lifetimes.accessToken;
  return {
    adapter: createAdapterFactory({
      artifacts: storage.artifacts,
      clients,
      clock,
      emit: deps.emit,
      async onRedeemed(code) {
        await signIns.checkCode(code);
        await finishMigration(code);
      },
    }),
    clients: clientsForProvider(clients),
    jwks: keys.jwks,
    scopes: OIDC_SCOPES,
    claims: { ...CLAIMS_BY_SCOPE, openid: [...CLAIMS_BY_SCOPE.openid, ...SIGN_IN_CLAIMS] },
    acrValues: [...REACHABLE_ACR],
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx: unknown, accountId: string, client: { sectorIdentifier?: string; clientId: string }) =>
      pairwiseSubject(config.keys.subject, accountId, client),
    responseTypes: ['code'],
    clientAuthMethods: [...CLIENT_AUTHENTICATION.methods],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    assertJwtClientAuthClaimsAndHeader: createAssertionCheck(deps),
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256', 'RS256'],
      clientAuthSigningAlgValues: [...CLIENT_AUTHENTICATION.algorithms],
      dPoPSigningAlgValues: [...DPOP_ALGORITHMS],
      requestObjectSigningAlgValues: [...REQUEST_OBJECT_ALGORITHMS],
      authorizationSigningAlgValues: ['ES256', 'RS256'],
      requestObjectEncryptionAlgValues: ['ECDH-ES+A256KW'],
      requestObjectEncryptionEncValues: ['A256GCM'],
    },
    // Other origins may read responses only if the client's file lists them. Discovery and JWKS are open to all.
    clientBasedCORS: (_ctx: unknown, origin: string, { clientId }: { clientId: string }) =>
      clients.find(clientId)?.webOrigins.includes(origin) ?? false,
    // The client's file decides; see `claims` below.
    conformIdTokenClaims: false,
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
    pkce: { required: (_ctx: unknown, { clientId }: { clientId: string }) => clients.find(clientId)?.pkceRequired ?? true },
    // The code is bound to its redirect URI (RFC 6749 4.1.3; required in OpenID Connect Core 3.1.2.1).
    allowOmittingSingleRegisteredRedirectUri: false,
    cookies: {
      keys: createCookieSigner(config.cookieKeys),
      names: {
        session: `${secure ? '__Host-' : ''}common-id.session`,
        // These cookies have a path, which `__Host-` does not allow.
        interaction: `${secure ? '__Secure-' : ''}common-id.interaction`,
        resume: `${secure ? '__Secure-' : ''}common-id.resume`,
      },
      long: cookie,
      short: cookie,
    },
    ttl: {
      Session: (_ctx: unknown, session: { loginTs?: number | undefined }) => sessionSeconds(config.lifetimes, session, clock()),
      Interaction: (_ctx: unknown, begun: Parameters<typeof beginsKept>[0]) => requestSeconds(config, beginsKept(begun)),
      Grant: config.lifetimes.grant,
      AccessToken: accessTokenLifetime,
      IdToken: config.lifetimes.idToken,
      RefreshToken: config.lifetimes.refreshToken,
      ClientCredentials: accessTokenLifetime,
      AuthorizationCode: AUTHORIZATION_CODE_SECONDS,
      DeviceCode: config.lifetimes.deviceCode,
    },
    formats: { customizers: { jwt: createDealerNaming(deps) } },
    rotateRefreshToken: createRefreshRotation(deps),
    issueRefreshToken: (_ctx: unknown, client: { grantTypeAllowed(type: string): boolean }, source: { scopes: Set<string> }) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    // A logout ends the tokens of the session. A refresh token of `offline_access` is meant to outlive it.
    expiresWithSession: (_ctx: unknown, source: { scopes: Set<string> }) => !source.scopes.has('offline_access'),
    // Adds `auth_time` and `acr` (RFC 9068 2.2.1, RFC 9470 6.1 and 6.2). `auth_time` also ties a refreshed token to its sign-in.
    extraTokenClaims,
    extraParams: {
      // oidc-provider calls it for every authorization request, with or without the parameter.
      legacy_profile: async (
        ctx: KoaContextWithOIDC,
        value: string | undefined,
        client: Parameters<typeof acceptLegacyProfile>[2],
      ) => {
        assertOpenedHere(ctx);
        await boundRequest(ctx, client);
        keepOfflineAccess(ctx);
        await acceptLegacyProfile(ctx, value, client);
      },
    },
    interactions: {
      policy: createPolicy(deps),
      url: interactionUrl,
    },
    async findAccount(ctx: KoaContextWithOIDC, sub: string, token?: UsedToken) {
      const account = await storage.accounts.find(sub);
      if (!account || !mayUse(account, token)) return undefined;
      return {
        accountId: sub,
        // Saves the policy a second look-up.
        stored: account,
        async claims(use: string, scope: string, wishes: Wishes) {
          const client = clients.find(ctx.oidc.client!.clientId);
          const single = Object.keys(wishes);
          const onlySingle = use === 'id_token' && !client?.claimsInIdToken;
          if (!client || (onlySingle && single.length === 0)) return { sub };
          const sector = sectorOf(ctx.oidc.client!);
          const available = await accountClaims(account, { scope, single, client, sector }, config, storage);
          return grantedClaims(available, { wishes, scope: onlySingle ? '' : scope, client });
        },
      };
    },
    loadExistingGrant: createLoadExistingGrant(deps),
    renderError,
    fetch: config.mode === 'development' ? fetchAlsoLoopback : boundedFetch,
    discovery: furtherMetadata(config),
    features: {
      devInteractions: { enabled: false },
      // A client decides whether its tokens are bound to a key; its file can require it. A nonce is asked for only if the proof's clock
      // is wrong.
      dPoP: { enabled: true, nonceSecret: config.keys.dpopNonce.export(), requireNonce: () => false },
      // Publishes the encryption key, with which clients encrypt their hand-over.
      encryption: { enabled: true },
      claimsParameter: { enabled: true, assertClaimsParameter: createClaimsCheck(clients) },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, ...createDevicePages(renderError) },
      // For the clients whose file asks for them.
      requestObjects: { enabled: true, assertJwtClaimsAndHeader: createRequestObjectCheck(clock) },
      jwtResponseModes: { enabled: true },
      introspection: {
        enabled: true,
        // A client may introspect only its own tokens, because a token reveals data about a person (RFC 7662 section 4).
        allowedPolicy: async (
          _ctx: unknown,
          client: { clientId: string },
          token: UsedToken & { clientId?: string | undefined },
        ) => token.clientId === client.clientId && (await signIns.isActive(token)),
      },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: createResourceIndicators(deps),
      richAuthorizationRequests: createRichAuthorizationRequests(deps),
      rpInitiatedLogout: { enabled: true, logoutSource: createLogoutSource(clients), postLogoutSuccessSource },
      backchannelLogout: { enabled: true },
    },
  };
}

/**
 * Fetches from this machine too, where the clients run in development. oidc-provider's own dispatcher refuses internal addresses,
 * against server-side request forgery (RFC 9700 4.13).
 */
async function fetchAlsoLoopback(
  url: string | URL | Request,
  options: RequestInit & { dispatcher?: unknown } = {},
): Promise<Response> {
  const { dispatcher: _guard, ...plain } = options;
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url instanceof Request ? url.url : url).hostname);
  return boundedFetch(url, loopback ? plain : options);
}

/**
 * Restores `offline_access`. oidc-provider removes it from a request without `prompt=consent`, which most clients never send. A
 * client whose file allows refresh tokens gets one if it asks.
 */
function keepOfflineAccess(ctx: KoaContextWithOIDC): void {
  const { params, client } = ctx.oidc;
  if (!requestedScope(ctx).split(' ').includes('offline_access') || !client?.grantTypeAllowed('refresh_token')) return;
  // oidc-provider removed the scope before it checked the client's scopes, so check them here.
  if (client.scope !== undefined && !client.scope.split(' ').includes('offline_access')) return;
  const scopes = String(params!.scope ?? '')
    .split(' ')
    .filter(Boolean);
  if (!scopes.includes('offline_access')) params!.scope = [...scopes, 'offline_access'].join(' ');
}
