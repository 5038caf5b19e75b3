// A test OpenID Provider in memory: one person, whose login and consents the test decides.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import Provider, { type AdapterPayload, type Configuration, type Grant, type KoaContextWithOIDC } from 'oidc-provider';

/** The answers of the person to the provider's questions. */
export type Person = {
  sub: string;
  /** UserInfo, without `sub`. */
  claims: Record<string, unknown>;
  /** Codes of the dealers that the person has consented to. */
  consents: Set<string>;
  /** The error with which every page of the provider ends, if set. */
  refuses?: string | undefined;
  /** The dealer that the person chooses if the client names none. */
  finds?: string;
};

export type TestProvider = {
  issuer: string;
  person: Person;
  /** How often a refresh token was redeemed. */
  refreshes(): number;
  /** The received authorization requests. */
  requests: URLSearchParams[];
  /** The status of all answers, if set. */
  breakWith(status: number | undefined): void;
  /** Ends all refresh tokens, as an administrator could. */
  forgetRefreshTokens(): void;
  /** Ends the person's session, without telling clients. */
  forgetSessions(): void;
  /** Signs with the provider's key. */
  sign(typ: string, claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
};

type WithRar = { rar?: unknown[] | undefined };

type Stored = Map<string, AdapterPayload>;

/** oidc-provider's storage: a map whose keys begin with the kind. */
function memoryAdapter(stored: Stored): (kind: string) => object {
  return (kind) => {
    const find = async (id: string): Promise<AdapterPayload | undefined> => stored.get(`${kind}:${id}`);
    return {
      find,
      upsert: async (id: string, payload: AdapterPayload) => void stored.set(`${kind}:${id}`, payload),
      findByUid: async (uid: string) =>
        [...stored].find(([key, payload]) => key.startsWith(`${kind}:`) && payload.uid === uid)?.[1],
      consume: async (id: string) => void Object.assign((await find(id)) ?? {}, { consumed: 1 }),
      destroy: async (id: string) => void stored.delete(`${kind}:${id}`),
      async revokeByGrantId(grantId: string) {
        for (const [key, payload] of stored) if (payload.grantId === grantId) stored.delete(key);
      },
    };
  };
}

const ACCESS_TOKEN_SECONDS = 600;

/** Starts to listen; `attach` makes the provider later, when the origins of the client and the dealers are known. */
export async function startTestProvider(): Promise<{
  issuer: string;
  attach(origins: { notebook: string; dealers: string }): Promise<TestProvider>;
}> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { issuer, attach: (origins) => attach(server, issuer, origins) };
}

async function attach(server: Server, issuer: string, origins: { notebook: string; dealers: string }): Promise<TestProvider> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: 'test', alg: 'ES256', use: 'sig' };
  const person: Person = { sub: 'person-1', claims: {}, consents: new Set() };
  const requests: URLSearchParams[] = [];
  let refreshes = 0;
  let broken: number | undefined;

  const stored: Stored = new Map();

  const provider = new Provider(issuer, {
    adapter: memoryAdapter(stored),
    ...configuration(person, jwk, origins),
  } as unknown as Configuration);
  provider.on('grant.success', (ctx) => {
    if (ctx.oidc.params?.['grant_type'] === 'refresh_token') refreshes += 1;
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    if (broken !== undefined) {
      response.writeHead(broken).end('broken');
    } else if (url.pathname.startsWith('/interaction/')) {
      void interact(provider, person, request, response);
    } else {
      if (url.pathname === '/auth') requests.push(url.searchParams);
      void answer(request, response);
    }
  });

  return {
    issuer,
    person,
    requests,
    refreshes: () => refreshes,
    breakWith(status) {
      broken = status;
    },
    forgetRefreshTokens() {
      for (const key of stored.keys()) if (key.startsWith('RefreshToken:')) stored.delete(key);
    },
    forgetSessions() {
      for (const key of stored.keys()) if (key.startsWith('Session:')) stored.delete(key);
    },
    async sign(typ, claims) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: issuer, iat: now, exp: now + 300, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'test', typ })
        .sign(await importJWK(jwk, 'ES256'));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Replaces the pages: the person immediately does as the test has decided. */
async function interact(
  provider: Provider,
  person: Person,
  request: Parameters<Provider['interactionDetails']>[0],
  response: Parameters<Provider['interactionDetails']>[1],
): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(request, response);
  if (person.refuses) return provider.interactionFinished(request, response, { error: person.refuses });
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: person.sub } });
  }
  const [detail] = JSON.parse(String(params['authorization_details'])) as { dealer?: string }[];
  person.consents.add(detail?.dealer ?? person.finds ?? '');
  return provider.interactionFinished(request, response, { consent: {} }, { mergeWithLastSubmission: true });
}

function configuration(person: Person, jwk: JWK, origins: { notebook: string; dealers: string }): Record<string, unknown> {
  const dealerOf = (resource: string): string => resource.slice(`${origins.dealers}/dealers/`.length);
  return {
    clients: [
      {
        client_id: 'maintenance-notebook',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks_uri: `${origins.notebook}/jwks.json`,
        redirect_uris: [`${origins.notebook}/callback`],
        post_logout_redirect_uris: [`${origins.notebook}/?notice=logged_out`],
        backchannel_logout_uri: `${origins.notebook}/backchannel-logout`,
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
        authorization_details_types: ['dealer_link'],
      },
    ],
    jwks: { keys: [jwk] },
    // oidc-provider's dispatcher refuses loopback addresses, where the notebook of the tests is.
    fetch: (url: URL, { dispatcher: _dispatcher, ...options }: RequestInit & { dispatcher?: unknown }) => fetch(url, options),
    scopes: ['openid', 'offline_access', 'profile', 'email', 'migration', 'dealer_link'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email'], migration: ['migration'], dealer_link: ['dealer_links'] },
    cookies: { keys: ['a test key of enough length'] },
    pkce: { required: () => true },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 86_400,
      Interaction: 3600,
      IdToken: 600,
    },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...person.claims }) }),
    async loadExistingGrant({ oidc }: KoaContextWithOIDC) {
      const known = oidc.session?.grantIdFor(oidc.client!.clientId);
      const found = known ? await oidc.provider.Grant.find(known) : undefined;
      const grant: Grant & WithRar =
        found ?? new oidc.provider.Grant({ clientId: oidc.client!.clientId, accountId: oidc.session!.accountId as string });
      grant.addOIDCScope('openid profile email offline_access migration dealer_link');
      for (const resource of Object.keys(oidc.resourceServers ?? {})) grant.addResourceScope(resource, 'service_history booking');
      grant.rar = [...person.consents].map((dealer) => ({ type: 'dealer_link', dealer, link_id: `dl_${dealer}` }));
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx: KoaContextWithOIDC, form: string) => void (ctx.body = form),
        postLogoutSuccessSource: (ctx: KoaContextWithOIDC) => void (ctx.body = 'logged out'),
      },
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx: KoaContextWithOIDC) =>
          ctx.oidc.params?.['authorization_details'] === undefined ? undefined : `${origins.dealers}/dealers/`,
        useGrantedResource: () => false,
        getResourceServerInfo: (_ctx: unknown, resource: string) => ({
          scope: 'service_history booking',
          audience: resource,
          accessTokenFormat: dealerOf(resource) ? 'jwt' : 'opaque',
          accessTokenTTL: ACCESS_TOKEN_SECONDS,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { dealer_link: { validate: () => undefined } },
        authorizationDetailsForGrantSource: (ctx: KoaContextWithOIDC) => (ctx.oidc.entities.Grant as WithRar | undefined)?.rar,
        authorizationDetailsForAccessToken: (
          _ctx: unknown,
          token: { resourceServer?: { identifier(): string } },
          source?: { rar?: { dealer: string }[] },
        ) => source?.rar?.filter(({ dealer }) => token.resourceServer && dealer === dealerOf(token.resourceServer.identifier())),
        authorizationDetailsForIntrospection: () => undefined,
      },
    },
  };
}
