// A small test OpenID Provider with the common ID's library: it accepts the owners site's pushed requests, lets one
// person through without pages, and returns the state of migrations.
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Koa from 'koa';
import Router from 'koa-router';
import Provider, { interactionPolicy, type Configuration, type InteractionResults } from 'oidc-provider';
import { serve } from '../serve.ts';
import { createMemoryAdapters } from './memory-adapter.ts';

/** Settings and records for a test. */
type Control = {
  /** How interactions end: the person completes them, or gives up. */
  answer: 'finish' | 'refuse';
  /** Whether connections are cut without an answer. */
  away: boolean;
  /** The answer of the status endpoint. */
  migrationState: () => unknown;
  /** Parameters of the pushed requests, oldest first. */
  pushed: Record<string, unknown>[];
  /** Tokens that the status endpoint received, oldest first. */
  stateTokens: string[];
};

export type CommonIdProvider = Control & {
  origin: string;
  /** The private half of the key with `use: enc`. */
  decryptionKey: JWK;
  /** Registers the site as a client; before that, every request gets 404. */
  register(siteOrigin: string): void;
  close(): Promise<void>;
};

const SCOPES = ['openid', 'offline_access', 'profile', 'email', 'phone', 'address', 'migration', 'dealer_link'];

export async function startCommonIdProvider(): Promise<CommonIdProvider> {
  const signing = await generateKeyPair('ES256', { extractable: true });
  const encryption = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  const signingKey = { ...(await exportJWK(signing.privateKey)), kid: 'signing', use: 'sig', alg: 'ES256' };
  const decryptionKey = { ...(await exportJWK(encryption.privateKey)), kid: 'encryption', use: 'enc', alg: 'ECDH-ES+A256KW' };
  const control: Control = {
    answer: 'finish',
    away: false,
    migrationState: () => ({ state: 'none', missing: ['registration'] }),
    pushed: [],
    stateTokens: [],
  };
  let provider: Provider | undefined;
  const koa = new Koa();
  koa.use(async (ctx, next) => {
    if (control.away) ctx.req.destroy();
    // 404 until the site is registered.
    else if (provider) await next();
  });
  koa.use(pages(() => provider as Provider, control).routes());
  koa.use(async (ctx) => {
    ctx.status = 200;
    ctx.respond = false;
    await provider?.callback()(ctx.req, ctx.res);
  });
  const served = await serve(async () => ({ koa }));
  const { origin } = served;
  return Object.assign(control, {
    origin,
    decryptionKey,
    register(siteOrigin: string) {
      provider = new Provider(origin, configuration(origin, siteOrigin, [signingKey, decryptionKey]));
      provider.use(async (ctx, next) => {
        await next();
        if (ctx.oidc?.route === 'pushed_authorization_request') control.pushed.push({ ...ctx.oidc.body });
        // A redeemed code makes the migration final.
        if (ctx.oidc?.params?.grant_type === 'authorization_code' && ctx.status === 200)
          control.migrationState = () => ({ state: 'completed', missing: [] });
      });
    },
    close: () => served.close(),
  });
}

function configuration(origin: string, siteOrigin: string, keys: JWK[]): Configuration {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'create', requestable: true }), 0);
  return {
    adapter: createMemoryAdapters(),
    jwks: { keys },
    clients: [
      {
        client_id: 'owners-site',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks_uri: `${siteOrigin}/jwks.json`,
        redirect_uris: [`${siteOrigin}/callback`],
        post_logout_redirect_uris: [`${siteOrigin}/logged-out`],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        scope: [...SCOPES, 'migration:read'].join(' '),
        id_token_signed_response_alg: 'ES256',
        require_pushed_authorization_requests: true,
        authorization_details_types: ['dealer_link'],
      },
    ],
    scopes: [...SCOPES, 'migration:read'],
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { requestObjectEncryptionAlgValues: ['ECDH-ES+A256KW'] },
    pkce: { required: () => true },
    cookies: { keys: ['a test key'] },
    // Without the library's dispatcher, which refuses this machine: the site is here.
    fetch: (url: URL, { dispatcher: _guard, ...options }: RequestInit & { dispatcher?: unknown }) => fetch(url, options),
    // Set, because the library prints a notice for each default.
    ttl: Object.fromEntries(
      ['AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'Session'].map((name) => [name, 600]),
    ),
    extraParams: ['legacy_profile'],
    findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { policy, url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: (ctx: Koa.Context, form: string) => void (ctx.body = form) },
      // Only to make the library publish a key with `use: enc`.
      encryption: { enabled: true },
      requestObjects: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => false,
        // Authorization details need a resource, even before the person has chosen a dealer.
        defaultResource: (ctx: { oidc: { params?: { authorization_details?: string } } }) =>
          ctx.oidc.params?.authorization_details ? `${origin}/dealer-links` : undefined,
        getResourceServerInfo: () => ({ scope: 'service_history', accessTokenFormat: 'opaque' }),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { dealer_link: { validate() {} } },
        authorizationDetailsForGrantSource: (ctx: { oidc: { params: { authorization_details: string } } }) =>
          JSON.parse(ctx.oidc.params.authorization_details) as object[],
        authorizationDetailsForAccessToken: (_ctx: unknown, _token: unknown, source: { rar: object[] }) =>
          source.rar.map((detail) => ({ ...detail, link_id: 'link-1', status: 'pending' })),
      },
    },
    // @types/oidc-provider 9.12 lacks rich authorization requests of 9.13.
  } as unknown as Configuration;
}

function pages(provider: () => Provider, control: Control): Router {
  const router = new Router();
  router.get('/migrations/:id', async (ctx) => {
    const token = ctx.get('Authorization').replace('Bearer ', '');
    control.stateTokens.push(token);
    const found = await provider().ClientCredentials.find(token);
    ctx.status = found?.clientId === 'owners-site' ? 200 : 401;
    ctx.body = ctx.status === 200 ? await control.migrationState() : { error: 'invalid_token' };
  });
  router.get('/interaction/:uid', async (ctx) => {
    const { prompt, params, session } = await provider().interactionDetails(ctx.req, ctx.res);
    ctx.respond = false;
    const finish = (result: InteractionResults): Promise<void> => provider().interactionFinished(ctx.req, ctx.res, result);
    if (control.answer === 'refuse') return finish({ error: 'access_denied', error_description: 'the person gave up' });
    if (prompt.name === 'create') return finish({ create: {} });
    if (prompt.name === 'login') return finish({ login: { accountId: 'person-1' } });
    const grant = new (provider().Grant)({ accountId: String(session?.accountId), clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    return finish({ consent: { grantId: await grant.save() } });
  });
  return router;
}
