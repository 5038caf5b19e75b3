// The baseline of the benchmark: oidc-provider with its in-memory adapter, and the minimum that a login needs.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import bcrypt from 'bcrypt';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider, type Configuration, type JWK } from 'oidc-provider';
import { BENCH_CLIENT, HASH_COST, ISSUER, JWT_RESOURCE, PASSWORD } from './bench-client.ts';

const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' } as JWK;
let hash: Promise<string> | undefined;

/** The same for every person, and as large as our profiles. */
const PROFILE = {
  name: '田中 太郎',
  family_name: '田中',
  given_name: '太郎',
  'name#ja-Kana-JP': 'タナカ タロウ',
  'family_name#ja-Kana-JP': 'タナカ',
  'given_name#ja-Kana-JP': 'タロウ',
  locale: 'ja',
  updated_at: 1,
};

const provider = new Provider(ISSUER, {
  clients: [
    {
      client_id: BENCH_CLIENT.client_id,
      client_secret: BENCH_CLIENT.client_secret,
      redirect_uris: [BENCH_CLIENT.redirect_uri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
      scope: BENCH_CLIENT.scope,
    },
  ],
  jwks: { keys: [key] },
  cookies: { keys: ['a key of the benchmark'] },
  claims: { openid: ['sub'], profile: Object.keys(PROFILE), email: ['email', 'email_verified'] },
  scopes: ['openid', 'offline_access'],
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => false },
    userinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        scope: JWT_RESOURCE.scope,
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
      useGrantedResource: () => false,
    },
  },
  rotateRefreshToken: true,
  // Like ours: refresh tokens outlive the session and need no consent, which would take another page.
  issueRefreshToken: () => true,
  expiresWithSession: () => false,
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: id, email_verified: true, ...PROFILE }),
  }),
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    if (!client || !session?.accountId) return undefined;
    const standing = session.grantIdFor(client.clientId);
    if (standing) return ctx.oidc.provider.Grant.find(standing);
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(BENCH_CLIENT.scope);
    await grant.save();
    return grant;
  },
} as Configuration);
provider.proxy = true;

const answer = provider.callback();
createServer((request, response) => {
  const uid = /^\/interaction\/([^/]+)$/.exec(request.url ?? '')?.[1];
  if (!uid) return void answer(request, response);
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<form method="post" action="/interaction/${uid}"><input name="login_id"><input name="password"><button>Log in</button></form>`,
    );
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void (async () => {
      const typed = new URLSearchParams(Buffer.concat(chunks).toString());
      hash ??= bcrypt.hash(PASSWORD, HASH_COST);
      if (!(await bcrypt.compare(typed.get('password') ?? '', await hash))) return response.writeHead(422).end();
      await provider.interactionFinished(request, response, { login: { accountId: typed.get('login_id') ?? '' } });
      return undefined;
    })();
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
