// A test issuer: discovery and keys over real HTTP, and tokens signed with the private key.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

export type TestIssuer = {
  issuer: string;
  /** Signs with the published key; the claims may override `iss` and the times. */
  sign(typ: string, claims: JWTPayload): Promise<string>;
  /** Signs with an unpublished key under the id of a published one. */
  forge(typ: string, claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
};

export async function startTestIssuer(clock: () => number): Promise<TestIssuer> {
  const ours = await generateKeyPair('ES256');
  const foreign = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'test', alg: 'ES256', use: 'sig' };
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }));
    } else response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function signWith(key: CryptoKey, typ: string, claims: JWTPayload): Promise<string> {
    const now = Math.floor(clock() / 1000);
    return new SignJWT({ iss: issuer, iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'test', typ })
      .sign(key);
  }
  return {
    issuer,
    sign: (typ, claims) => signWith(ours.privateKey, typ, claims),
    forge: (typ, claims) => signWith(foreign.privateKey, typ, claims),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
