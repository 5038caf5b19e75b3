// Signed and encrypted authorization requests of a client (JAR, RFC 9101).
import { CompactEncrypt, importJWK, SignJWT, type JWK } from 'jose';
import type { World } from '../attacks/support/attack-world.ts';
import { makePkce, parseJson, requestParams } from '../attacks/support/client.ts';
import type { Party } from './fapi2-client.ts';

/** A signed request with the state `signed`. */
export async function signRequest(world: World, { id, key, redirectUri }: Party): Promise<string> {
  const nbf = Math.floor(Date.now() / 1000);
  const claims = requestParams(id, makePkce(), { redirect_uri: redirectUri, scope: 'openid', state: 'signed' });
  const jwt = new SignJWT({ ...claims, iss: id, aud: world.issuer, nbf, exp: nbf + 60 });
  return jwt.setProtectedHeader({ alg: String(key.publicJwk.alg), kid: key.kid }).sign(key.privateKey);
}

/** Encrypts a signed request to the key of the common ID. */
export async function encryptRequest(world: World, signed: string, alg: string, enc: string): Promise<string> {
  const { keys } = parseJson((await world.request('/jwks')).text) as { keys: JWK[] };
  const key = keys.find(({ use }) => use === 'enc') as JWK;
  const jwe = new CompactEncrypt(new TextEncoder().encode(signed));
  return jwe.setProtectedHeader({ alg, enc, kid: String(key.kid), cty: 'JWT' }).encrypt(await importJWK(key, alg));
}
