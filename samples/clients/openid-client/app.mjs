// A website with Node's own HTTP server and openid-client whose customers sign in with the common ID.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import * as oidc from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3999' } = process.env;
const origin = `http://localhost:${PORT}`;

// #region settings
const config = await oidc.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  { id_token_signed_response_alg: 'ES256' },
  oidc.ClientSecretBasic(CLIENT_SECRET),
  // Only for an http: issuer in development.
  { execute: ISSUER.startsWith('http:') ? [oidc.allowInsecureRequests] : [] },
);
// #endregion

/** By the session's id: a login under way, or the person who is signed in. In production keep them in a database. */
const sessions = new Map();

const routes = {
  '/': ({ session }) => (session?.claims ? { json: session.claims } : { html: '<a href="/login">Sign in</a>' }),

  '/login': async () => {
    const login = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
    const target = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${origin}/callback`,
      scope: 'openid profile email offline_access',
      state: login.state,
      nonce: login.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(login.verifier),
      code_challenge_method: 'S256',
    });
    return { to: target.href, keep: login };
  },

  '/callback': async ({ url, session }) => {
    if (!session?.state) return { to: '/login' };
    // Checks state and iss, redeems the code, and checks the ID token with its nonce.
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      expectedState: session.state,
      expectedNonce: session.nonce,
      pkceCodeVerifier: session.verifier,
      idTokenExpected: true,
    });
    const claims = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    // Renews the session's id, because an attacker may know the earlier one.
    return { to: '/', keep: { claims, idToken: tokens.id_token, refreshToken: tokens.refresh_token } };
  },

  '/refresh': async ({ session }) => {
    if (!session?.claims) return { to: '/login' };
    const tokens = await oidc.refreshTokenGrant(config, session.refreshToken);
    // Each refresh may return a new refresh token: keep the newest.
    session.refreshToken = tokens.refresh_token ?? session.refreshToken;
    return { to: '/' };
  },

  '/logout': ({ session }) => {
    const target = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: `${origin}/`,
      ...(session?.idToken && { id_token_hint: session.idToken }),
    });
    return { to: target.href, keep: {} };
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, origin);
  const id = /(?:^|; )openid_client_sample=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const route = routes[url.pathname];
  if (!route) return response.writeHead(404).end();
  try {
    const { to, keep, json, html } = await route({ url, session: sessions.get(id) });
    if (keep) {
      sessions.delete(id);
      const fresh = randomBytes(32).toString('base64url');
      sessions.set(fresh, keep);
      // Add Secure in production.
      response.setHeader('Set-Cookie', `openid_client_sample=${fresh}; Path=/; HttpOnly; SameSite=Lax`);
    }
    if (to) return response.writeHead(303, { Location: to }).end();
    response.setHeader('Content-Type', json ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8');
    return response.end(json ? JSON.stringify(json) : html);
  } catch (error) {
    // `error.error` is the code of docs/clients, errors; the person may have pressed "cancel" (access_denied).
    return response.writeHead(502, { 'Content-Type': 'text/plain' }).end(error.error ?? error.message);
  }
}).listen(Number(PORT), 'localhost', () => console.log(`Open ${origin}`));
