// The keys that a client signs with: those of its file, or of the address that its file names.
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Client } from '../../config/config.ts';
import { boundedFetch } from '../../http/bounded-fetch.ts';

const FETCH_TIMEOUT_MS = 2000;

/**
 * Answers the key set of a client. Remote ones are fetched when first needed, kept, and asked again for an unknown kid at most
 * every 30 s, so that a client can rotate and a stranger cannot make us ask.
 */
export function createClientKeySets(): (client: Client) => JWTVerifyGetKey | undefined {
  const remote = new Map<string, JWTVerifyGetKey>();
  return ({ metadata }) => {
    if (metadata.jwks) return createLocalJWKSet(metadata.jwks as JSONWebKeySet);
    const uri = metadata.jwks_uri;
    if (typeof uri !== 'string') return undefined;
    let keySet = remote.get(uri);
    if (!keySet) {
      keySet = createRemoteJWKSet(new URL(uri), { timeoutDuration: FETCH_TIMEOUT_MS, [customFetch]: boundedFetch });
      remote.set(uri, keySet);
    }
    return keySet;
  };
}
