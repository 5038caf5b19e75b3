// The OpenID Provider: oidc-provider with our storage, clients, policy and pages.
import { decodeJwt } from 'jose';
import Provider, { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { createCookieSigner } from '../http/cookie-signer.ts';
import { isFromAnotherSite } from '../http/csrf.ts';
import { PageError } from '../http/page-error.ts';
import { LANGUAGES } from '../http/translator.ts';
import { clientsForProvider, createAdapterFactory } from './adapter.ts';
import { compareSecretDigests } from './client-secrets.ts';
import { accountClaims, CLAIMS_BY_SCOPE, OIDC_SCOPES } from './claims.ts';
import { createCustomerNaming, createResourceIndicators, createRichAuthorizationRequests } from './dealer-link-grant.ts';
import { createLoadExistingGrant } from './existing-grant.ts';
import { createClientThrottle } from './client-throttle.ts';
import { createDiscovery } from './discovery.ts';
import { createFinishMigration } from './finish-migration.ts';
import { createInteractionUrl } from './interaction-url.ts';
import { createLegacyHandOver } from './legacy-hand-over.ts';
import { allowFormPost, createLogoutSource, postLogoutSuccessSource, renderError } from './pages.ts';
import { pairwiseSubject } from './pairwise-subject.ts';
import { createPolicy } from './policy.ts';
import { makeModelsStricter } from './stricter-models.ts';

/**
 * Makes the provider and checks every client of the registry as oidc-provider will see it, because it would tell a mistake only
 * at the first use.
 * @throws where the metadata of a client is refused
 */
export async function createProvider(deps: Deps): Promise<Provider> {
  const provider = new Provider(deps.config.issuer, createConfiguration(deps));
  provider.proxy = deps.config.trustProxy;
  compareSecretDigests(provider, deps);
  makeModelsStricter(provider);
  provider.use(createClientThrottle(deps) as Parameters<Provider['use']>[0]);
  provider.use(async function refuseLogoutFromElsewhere(ctx, next) {
    // The one form of oidc-provider's own. It has a token; this is the second line, as at every form of ours.
    if (ctx.path === '/session/end/confirm' && isFromAnotherSite(ctx, deps.config.issuer)) {
      throw new PageError('csrf', 403, { detail: 'the post came from another site' });
    }
    await next();
  });
  const logoutSource = createLogoutSource(deps.clients);
  provider.use(async function showLogoutToNobody(ctx, next) {
    await next();
    // Where nobody is signed in oidc-provider answers with a bare page that posts itself by script.
    const { oidc, body } = ctx as KoaContextWithOIDC;
    if (oidc?.route === 'end_session' && typeof body === 'string' && !oidc.session?.accountId && ctx.status === 200)
      logoutSource(ctx as KoaContextWithOIDC, body);
  });
  provider.use(createDiscovery() as Parameters<Provider['use']>[0]);
  provider.use(async function letFormPostLeave(ctx, next) {
    await next();
    allowFormPost(ctx as KoaContextWithOIDC);
  });
  logRefusals(provider, deps.log);
  provider.on('server_error', (_ctx, error) =>
    deps.log.error({ detail: error.message, stack: error.stack }, 'oidc-provider failed'),
  );
  for (const { metadata } of deps.clients.all()) await checkClient(provider, metadata.client_id);
  return provider;
}

/** What a client's developer is told in a word or two stands in our log with its reason. */
const REFUSALS = [
  'authorization.error',
  'grant.error',
  'pushed_authorization_request.error',
  'introspection.error',
  'revocation.error',
  'userinfo.error',
  'end_session.error',
  'backchannel.error',
] as const;

function logRefusals(provider: Provider, log: Deps['log']): void {
  for (const event of REFUSALS) {
    provider.on(event as 'grant.error', (ctx: KoaContextWithOIDC, error) => {
      log.info(
        {
          event,
          // The answer's X-Request-Id, by which the client's developer can ask.
          request_id: (ctx.state as { requestId?: string }).requestId,
          client_id: ctx.oidc.client?.clientId,
          error: error.message,
          description: error.error_description,
          detail: error.error_detail,
          cause: reasonOf(error.cause),
        },
        'request of a client refused',
      );
    });
  }
}

/** What lies behind a refusal, to the first cause: that an address of keys could not be reached stands at the very end. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const own = cause instanceof errors.OIDCProviderError ? cause.error_description : undefined;
  return [own ?? cause.message, reasonOf(cause.cause)].filter(Boolean).join(': ');
}

async function checkClient(provider: Provider, clientId: string): Promise<void> {
  try {
    await provider.Client.find(clientId);
  } catch (error) {
    const why = error instanceof errors.OIDCProviderError ? error.error_description : String(error);
    throw new Error(`client ${clientId}: ${why}`, { cause: error });
  }
}

/** An access token being made; a resource may want a lifetime of its own, which a number as setting would override. */
type Issued = { resourceServer?: { accessTokenTTL?: number } };

function createConfiguration(deps: Deps): Configuration {
  const { config, clients, storage, clock, keys } = deps;
  const acceptLegacyProfile = createLegacyHandOver(deps);
  const secure = config.issuer.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure, overwrite: true } as const;
  /** What is said for the resource stands above what is said for the client app, and that above what is said for all. */
  const accessTokenLifetime = (_ctx: unknown, { resourceServer }: Issued, { clientId }: { clientId: string }): number =>
    resourceServer?.accessTokenTTL ?? clients.find(clientId)?.accessTokenLifetimeSeconds ?? config.lifetimes.accessToken;
  const configuration = {
    adapter: createAdapterFactory(storage.artifacts, clients, clock, createFinishMigration(deps)),
    clients: clientsForProvider(clients),
    jwks: keys.jwks,
    scopes: OIDC_SCOPES,
    claims: CLAIMS_BY_SCOPE,
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx: unknown, accountId: string, client: { sectorIdentifier?: string; clientId: string }) =>
      pairwiseSubject(config.hmacKey, accountId, client),
    responseTypes: ['code'],
    grantTypes: undefined,
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic', 'none'],
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256', 'RS256'],
      clientAuthSigningAlgValues: ['ES256', 'PS256', 'RS256'],
      requestObjectEncryptionAlgValues: ['ECDH-ES+A256KW'],
      requestObjectEncryptionEncValues: ['A256GCM'],
    },
    // Pages of another origin read answers only where the client's file names it; discovery and keys are open to all.
    clientBasedCORS: (_ctx: unknown, origin: string, { clientId }: { clientId: string }) =>
      clients.find(clientId)?.webOrigins.includes(origin) ?? false,
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: ['authorization_code'], response_types: ['code'] },
    pkce: { required: () => true },
    // The code is bound to the address that it was sent to (RFC 6749 4.1.3; required in OpenID Connect Core 3.1.2.1).
    allowOmittingSingleRegisteredRedirectUri: false,
    cookies: {
      keys: createCookieSigner(config.cookieKeys),
      names: {
        session: `${secure ? '__Host-' : ''}common-id.session`,
        // They have a path, which `__Host-` does not allow.
        interaction: `${secure ? '__Secure-' : ''}common-id.interaction`,
        resume: `${secure ? '__Secure-' : ''}common-id.resume`,
      },
      long: cookie,
      short: cookie,
    },
    ttl: {
      Session: config.lifetimes.session,
      Interaction: config.lifetimes.interaction,
      Grant: config.lifetimes.grant,
      AccessToken: accessTokenLifetime,
      IdToken: config.lifetimes.idToken,
      RefreshToken: config.lifetimes.refreshToken,
      ClientCredentials: accessTokenLifetime,
      AuthorizationCode: 60,
    },
    formats: { customizers: { jwt: createCustomerNaming(deps) } },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx: unknown, client: { grantTypeAllowed(type: string): boolean }, source: { scopes: Set<string> }) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    // A person who logs out of the ID ends what hangs on the session; a refresh token of `offline_access` is meant to outlive it.
    expiresWithSession: (_ctx: unknown, source: { scopes: Set<string> }) => !source.scopes.has('offline_access'),
    extraParams: {
      // Called for every authorization request, with or without the parameter.
      legacy_profile: async (
        ctx: KoaContextWithOIDC,
        value: string | undefined,
        client: Parameters<typeof acceptLegacyProfile>[2],
      ) => {
        keepOfflineAccess(ctx);
        await acceptLegacyProfile(ctx, value, client);
      },
    },
    interactions: {
      policy: createPolicy(deps),
      url: createInteractionUrl(deps),
    },
    async findAccount(ctx: KoaContextWithOIDC, sub: string) {
      const account = await storage.accounts.find(sub);
      if (!account || account.disabled_at !== undefined) return undefined;
      return {
        accountId: sub,
        async claims(_use: string, scope: string) {
          const client = clients.find(ctx.oidc.client!.clientId);
          return client ? accountClaims(account, { scope, client }, config, storage) : { sub };
        },
      };
    },
    loadExistingGrant: createLoadExistingGrant(deps),
    renderError,
    ...(config.mode === 'development' ? { fetch: fetchAlsoLoopback } : {}),
    discovery: { ui_locales_supported: [...LANGUAGES], claims_locales_supported: [...LANGUAGES] },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      // Publishes the encryption key, to which clients encrypt their hand-over.
      encryption: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        // A token tells about a person; another client learns nothing of it (RFC 7662 section 4).
        allowedPolicy: (_ctx: unknown, client: { clientId: string }, token: { clientId?: string }) =>
          token.clientId === client.clientId,
      },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: createResourceIndicators(deps),
      richAuthorizationRequests: createRichAuthorizationRequests(deps),
      rpInitiatedLogout: { enabled: true, logoutSource: createLogoutSource(clients), postLogoutSuccessSource },
      backchannelLogout: { enabled: true },
    },
  };
  // @types/oidc-provider 9.12 lags behind the library: rich authorization requests of 9.13 are not in it.
  return configuration as unknown as Configuration;
}

/**
 * oidc-provider refuses to connect to addresses inside (server-side request forgery, RFC 9700 4.13); in development the clients are
 * there, on this machine.
 */
async function fetchAlsoLoopback(url: string | URL, options: RequestInit & { dispatcher?: unknown }): Promise<Response> {
  const { dispatcher: _guard, ...plain } = options;
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
  return fetch(url, loopback ? plain : options);
}

/**
 * oidc-provider takes `offline_access` out of a request without `prompt=consent`, which most clients never send. A client whose
 * file allows refresh tokens gets one when it asks.
 */
function keepOfflineAccess(ctx: KoaContextWithOIDC): void {
  const { params, client, entities, body } = ctx.oidc;
  const pushed = entities.PushedAuthorizationRequest as { request?: string } | undefined;
  const asked =
    pushed?.request && ctx.oidc.route === 'authorization' ? decodeJwt(pushed.request).scope : (body?.scope ?? ctx.query.scope);
  if (!String(asked).split(' ').includes('offline_access') || !client?.grantTypeAllowed('refresh_token')) return;
  // Taken out before oidc-provider held the request against the client's scopes, so it is done here.
  if (client.scope !== undefined && !client.scope.split(' ').includes('offline_access')) return;
  const scopes = String(params!.scope ?? '')
    .split(' ')
    .filter(Boolean);
  if (!scopes.includes('offline_access')) params!.scope = [...scopes, 'offline_access'].join(' ');
}
