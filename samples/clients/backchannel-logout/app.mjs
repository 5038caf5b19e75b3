// A website that ends its sessions when the common ID says that a person logged out (OpenID Connect Back-Channel Logout 1.0).
// The login is a short form of ../openid-client/app.mjs.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3999' } = process.env;
const origin = `http://localhost:${PORT}`;

const execute = ISSUER.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
const metadata = { id_token_signed_response_alg: 'ES256' };
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, metadata, oidc.ClientSecretBasic(CLIENT_SECRET), { execute });

/** By the session's id. In production in a database that all processes share. */
const sessions = new Map();

// #region settings
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
/** The `jti` of each logout token, until its `exp`: a token counts once. */
const used = new Map();

/**
 * Ends the sessions that a logout token names.
 * @throws {Error} if it is none of the common ID's for this app: answer 400
 */
async function receiveLogoutToken(token) {
  const { payload } = await jwtVerify(token, keys, {
    issuer: config.serverMetadata().issuer,
    audience: CLIENT_ID,
    algorithms: ['ES256'],
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti'],
  });
  const { events, nonce, sid, sub, jti, iat, exp } = payload;
  if (!events?.['http://schemas.openid.net/event/backchannel-logout']) throw new Error('no logout event');
  if (nonce !== undefined) throw new Error('an ID token is not a logout token');
  if (sid === undefined && sub === undefined) throw new Error('it names neither a session nor a person');
  for (const [other, end] of used) if (end * 1000 < Date.now()) used.delete(other);
  if (used.has(jti)) return;
  used.set(jti, exp);
  for (const [id, { claims }] of sessions) {
    const isMeant = claims && (sid === undefined ? claims.sub === sub : claims.sid === sid);
    // A token may arrive late: keeps a login that is newer than the logout.
    if (isMeant && claims.iat <= iat) sessions.delete(id);
  }
}
// #endregion

async function readForm(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

createServer(async (request, response) => {
  const url = new URL(request.url, origin);
  const id = /(?:^|; )backchannel_sample=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const session = sessions.get(id);
  const keep = (fresh) => {
    sessions.delete(id);
    const newId = randomBytes(32).toString('base64url');
    sessions.set(newId, fresh);
    response.setHeader('Set-Cookie', `backchannel_sample=${newId}; Path=/; HttpOnly; SameSite=Lax`);
  };
  const lead = (to) => response.writeHead(303, { Location: to }).end();
  try {
    if (url.pathname === '/backchannel-logout' && request.method === 'POST') {
      response.setHeader('Cache-Control', 'no-store');
      await receiveLogoutToken((await readForm(request)).get('logout_token') ?? '');
      return response.writeHead(204).end();
    }
    if (url.pathname === '/login') {
      const login = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
      keep(login);
      const target = oidc.buildAuthorizationUrl(config, {
        redirect_uri: `${origin}/callback`,
        scope: 'openid profile email',
        state: login.state,
        nonce: login.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(login.verifier),
        code_challenge_method: 'S256',
      });
      return lead(target.href);
    }
    if (url.pathname === '/callback' && session?.state) {
      const checks = { expectedState: session.state, expectedNonce: session.nonce, pkceCodeVerifier: session.verifier };
      const tokens = await oidc.authorizationCodeGrant(config, url, { ...checks, idTokenExpected: true });
      const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
      // The claims of the ID token say which session of the common ID this is (`sid`), and since when (`iat`).
      keep({ person, claims: tokens.claims(), idToken: tokens.id_token });
      return lead('/');
    }
    if (url.pathname === '/logout') {
      const hint = session?.idToken && { id_token_hint: session.idToken };
      keep({});
      return lead(oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: `${origin}/`, ...hint }).href);
    }
    response.setHeader('Content-Type', session?.person ? 'application/json; charset=utf-8' : 'text/html');
    return response.end(session?.person ? JSON.stringify(session.person) : '<a href="/login">Sign in</a>');
  } catch (error) {
    return response.writeHead(400, { 'Content-Type': 'text/plain' }).end(error.error ?? error.message);
  }
}).listen(Number(PORT), 'localhost', () => console.log(`Open ${origin}`));
