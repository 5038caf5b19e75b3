// Provides the public keys of a client, from its file (`jwks`) or from the URL in its file (`jwks_uri`).
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import type { Client } from '../../config/config.ts';
import { boundedFetch } from '../../http/bounded-fetch.ts';

const FETCH_TIMEOUT_MS = 2000;

/**
 * Makes the function that returns a client's key set. A remote set is fetched on first use and cached. An unknown `kid` refetches
 * it, so that a client can rotate its keys, but at most every 30 seconds, so that strangers cannot trigger requests.
 */
export function createClientKeySets(): (client: Client) => JWTVerifyGetKey | undefined {
  const remote = new Map<string, JWTVerifyGetKey>();
  return ({ metadata }) => {
    if (metadata.jwks) return createLocalJWKSet(metadata.jwks);
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
