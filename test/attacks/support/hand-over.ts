// Makes `legacy_profile`s, valid and invalid: any header, any claims, any key, any bytes.
import {
  CompactEncrypt,
  CompactSign,
  importJWK,
  type CompactJWEHeaderParameters,
  type CompactJWSHeaderParameters,
  type JWK,
} from 'jose';
import { sendRaw } from '../../support/http-browser.ts';
import type { World } from './attack-world.ts';

type Site = Pick<World, 'issuer' | 'siteKey'>;

/** The claims of an ordinary hand-over of `attack-site`. */
export function handOverClaims(world: Site, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'attack-site',
    aud: world.issuer,
    iat: now,
    exp: now + 240,
    jti: crypto.randomUUID(),
    sub: `legacy-${crypto.randomUUID()}`,
    ...changes,
  };
}

export async function providerKeys(world: Site): Promise<JWK[]> {
  const { text } = await sendRaw(`${world.issuer}/jwks`);
  return (JSON.parse(text) as { keys: JWK[] }).keys;
}

/** Signs a text or claims as `attack-site` does. */
export async function signInner(
  world: Site,
  payload: Record<string, unknown> | string,
  header: Partial<CompactJWSHeaderParameters> = {},
): Promise<string> {
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return new CompactSign(bytes)
    .setProtectedHeader({ alg: 'ES256', kid: world.siteKey.kid, typ: 'legacy-profile+jwt', ...header })
    .sign(world.siteKey.privateKey);
}

/** Encrypts to the provider's key as `attack-site` does. */
export async function encryptOuter(
  world: Site,
  inner: string | Uint8Array,
  header: Partial<CompactJWEHeaderParameters> = {},
): Promise<string> {
  const key = (await providerKeys(world)).find(({ use }) => use === 'enc') as JWK;
  return new CompactEncrypt(typeof inner === 'string' ? new TextEncoder().encode(inner) : inner)
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'JWT', kid: key.kid as string, ...header })
    .encrypt(await importJWK(key, 'ECDH-ES+A256KW'));
}

/** A hand-over that is accepted, with these claims in addition. */
export async function handOver(world: Site, changes: Record<string, unknown> = {}): Promise<string> {
  return encryptOuter(world, await signInner(world, handOverClaims(world, changes)));
}
