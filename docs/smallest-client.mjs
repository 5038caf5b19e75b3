// The smallest client app that signs somebody in: CLIENT_SECRET=… node docs/smallest-client.mjs <issuer> <client id>
import { createServer } from 'node:http';
import * as oidc from 'openid-client';

const [issuer, id] = process.argv.slice(2);
// Not on the command line, which everybody on the machine can read.
const secret = process.env.CLIENT_SECRET;
const origin = 'http://localhost:3999';
const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
const metadata = { id_token_signed_response_alg: 'ES256' };
const config = await oidc.discovery(new URL(issuer), id, metadata, oidc.ClientSecretBasic(secret), { execute });

// One visitor at a time is enough to try it; a real app keeps these in the visitor's session.
let state, nonce, verifier;

createServer(async (request, response) => {
  const url = new URL(request.url, origin);
  if (url.pathname === '/') {
    [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const target = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${origin}/callback`,
      scope: 'openid profile email',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    response.writeHead(303, { Location: target.href }).end();
  } else if (url.pathname === '/callback') {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const answer = await oidc.authorizationCodeGrant(config, url, checks).then(
      async (tokens) => oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub),
      (error) => ({ error: error.error ?? error.message }),
    );
    response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(answer, null, 2));
  } else response.writeHead(404).end();
}).listen(3999, 'localhost', () => console.log(`Open ${origin}`));
