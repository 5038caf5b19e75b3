// A small OpenID Provider of the tests' own, on the same library as the common ID: it takes the owners site's pushed requests, lets one
// person through without pages, and tells the state of migrations.
import { generateKeyPair, exportJWK, type JWK } from 'jose';
import Koa from 'koa';
import Router from 'koa-router';
import Provider, { interactionPolicy, type Configuration } from 'oidc-provider';
import { serve, type Served } from '../serve.ts';

export type CommonIdProvider = {
  origin: string;
  /** The private half of the key with `use: enc`. */
  decryptionKey: JWK;
  /** Parameters of the requests that were pushed, oldest first. */
  pushed: Record<string, unknown>[];
  /** How the next interactions end: the person goes through all, or gives up. */
  answer: 'finish' | 'refuse';
  /** What the status endpoint answers; a function may take its time. */
  migrationState: () => Promise<object> | object;
  /** Authorization headers that the status endpoint saw. */
  stateTokens: string[];
  close(): Promise<void>;
};

const SCOPES = ['openid', 'offline_access', 'profile', 'email', 'phone', 'address', 'migration', 'dealer_link'];

/** @param siteOrigin the owners site, which publishes its key there */
export async function startCommonIdProvider(siteOrigin: () => string): Promise<CommonIdProvider> {
  const signing = await generateKeyPair('ES256', { extractable: true });
  const encryption = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  const signingKey = { ...(await exportJWK(signing.privateKey)), kid: 'signing', use: 'sig', alg: 'ES256' };
  const decryptionKey = { ...(await exportJWK(encryption.privateKey)), kid: 'encryption', use: 'enc', alg: 'ECDH-ES+A256KW' };
  const seen = { pushed: [] as Record<string, unknown>[], stateTokens: [] as string[] };
  const control: Pick<CommonIdProvider, 'answer' | 'migrationState'> = {
    answer: 'finish',
    migrationState: () => ({ state: 'none', missing: ['registration'] }),
  };

  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'create', requestable: true }), 0);

  const served: Served<{ koa: Koa }> = await serve(async (origin) => {
    const provider = new Provider(origin, {
      jwks: { keys: [signingKey, decryptionKey] },
      clients: [clientOf(siteOrigin())],
      scopes: SCOPES,
      clientAuthMethods: ['private_key_jwt'],
      pkce: { required: () => true },
      cookies: { keys: ['a test key'] },
      extraParams: ['legacy_profile'],
      findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      interactions: { policy, url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        pushedAuthorizationRequests: { enabled: true },
        rpInitiatedLogout: { enabled: true },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => false,
          defaultResource: (ctx: { oidc: { params?: { authorization_details?: string } } }) =>
            ctx.oidc.params?.authorization_details ? `${origin}/dealer-links` : undefined,
          getResourceServerInfo: () => ({ scope: 'service_history', accessTokenFormat: 'opaque' }),
        },
        richAuthorizationRequests: {
          enabled: true,
          ack: 'experimental-01',
          types: { dealer_link: { validate() {} } },
          authorizationDetailsForGrantSource: (ctx: { oidc: { params: { authorization_details: string } } }) =>
            JSON.parse(ctx.oidc.params.authorization_details),
          authorizationDetailsForAccessToken: (_ctx: unknown, _token: unknown, source: { rar: object[] }) =>
            source.rar.map((detail) => ({ ...detail, link_id: 'link-1', status: 'pending' })),
        },
      },
    } as unknown as Configuration);
    provider.use(async (ctx, next) => {
      await next();
      if (ctx.oidc?.route === 'pushed_authorization_request') seen.pushed.push({ ...ctx.oidc.body });
    });
    return { koa: createApp(provider, control, seen.stateTokens) };
  });

  return Object.assign(control, {
    origin: served.origin,
    decryptionKey,
    pushed: seen.pushed,
    stateTokens: seen.stateTokens,
    close: served.close,
  });
}

function clientOf(origin: string): object {
  return {
    client_id: 'owners-site',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: `${origin}/jwks.json`,
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/logged-out`],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope: [...SCOPES, 'migration:read'].join(' '),
    id_token_signed_response_alg: 'ES256',
    require_pushed_authorization_requests: true,
  };
}

function createApp(provider: Provider, control: Pick<CommonIdProvider, 'answer' | 'migrationState'>, stateTokens: string[]): Koa {
  const koa = new Koa();
  const router = new Router();
  router.get('/migrations/:id', async (ctx) => {
    const token = ctx.get('Authorization').replace('Bearer ', '');
    stateTokens.push(token);
    const found = await provider.ClientCredentials.find(token);
    ctx.status = found?.clientId === 'owners-site' ? 200 : 401;
    ctx.body = ctx.status === 200 ? await control.migrationState() : { error: 'invalid_token' };
  });
  router.get('/interaction/:uid', async (ctx) => {
    const { prompt, params, session, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
    if (control.answer === 'refuse') {
      return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied', error_description: 'the person gave up' });
    }
    if (prompt.name === 'create') return provider.interactionFinished(ctx.req, ctx.res, { create: {} });
    if (prompt.name === 'login') return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'person-1' } });
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session?.accountId as string, clientId: String(params.client_id) });
    grant?.addOIDCScope(String(params.scope));
    grant?.addResourceScope(String(params.resource), 'service_history');
    return provider.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant?.save() } });
  });
  koa.use(router.routes());
  koa.use(async (ctx) => {
    // Koa answers 404 before a handler that writes by itself.
    ctx.status = 200;
    ctx.respond = false;
    await provider.callback()(ctx.req, ctx.res);
  });
  return koa;
}
