// How `clients try` authenticates as the client app: with its secret, or with its private key.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { importJWK, importPKCS8, type CryptoKey, type JWK } from 'jose';
import * as oidc from 'openid-client';
import { createReferenceLookup } from '../../../../src/config/settings/create-reference-lookup.ts';
import { readSettings } from '../../../../src/config/settings/read-settings.ts';
import { readVariables } from '../../../../src/config/settings/read-variables.ts';
import type { Values } from '../../topic.ts';
import { UsageError } from '../../usage-error.ts';
import type { FoundClient } from '../find-client.ts';

/** The private key of a client app. */
export type ClientKey = { key: CryptoKey; kid?: string };

type Place = { values: Values; env: NodeJS.ProcessEnv; directory: string };

/**
 * Makes the authentication that the client's file asks for.
 * @throws {UsageError} if the secret or the key is neither in the file nor given by an option
 */
export function authenticationOf({ client, content }: FoundClient, place: Place, key: ClientKey | undefined): oidc.ClientAuth {
  switch (client.metadata.token_endpoint_auth_method) {
    case 'none':
      return oidc.None();
    case 'private_key_jwt':
      if (!key) throw new UsageError('give --key <file>: the private key of the client app, as JWK or PEM');
      return oidc.PrivateKeyJwt(key);
    case 'client_secret_post':
      return oidc.ClientSecretPost(secretOf(content, place));
    default:
      return oidc.ClientSecretBasic(secretOf(content, place));
  }
}

/** Finds the secret where the file refers to it, or where `--secret-from` says. */
function secretOf(content: Record<string, unknown>, { values, env, directory }: Place): string {
  const variables = readVariables(env, directory, []);
  const { lookup } = createReferenceLookup(readSettings(variables, [], new Map(), []), variables);
  const named = values['secret-from'];
  if (named !== undefined) {
    const given = variables.values[named];
    if (given === undefined) throw new UsageError(`--secret-from: there is no environment variable ${named}`);
    return given.trim();
  }
  for (const entry of [content.client_secret].flat() as { $env?: string; $file?: string }[]) {
    if (entry?.$env !== undefined) {
      const given = variables.values[entry.$env] ?? lookup(entry.$env);
      if (typeof given === 'string') return given.trim();
    }
    if (entry?.$file !== undefined) return readFileSync(resolve(directory, entry.$file), 'utf8').trim();
  }
  throw new UsageError(
    'the file of the client app holds only the hash of its secret; put the secret into an environment variable, and name the variable: --secret-from MY_SHOP_SECRET',
  );
}

/**
 * Reads the private key of `--key`; `undefined` if it was not given.
 * @throws {UsageError} if the file is not a private key
 */
export async function readClientKey({ values, directory }: Place, algorithm: string): Promise<ClientKey | undefined> {
  if (values.key === undefined) return undefined;
  const path = resolve(directory, values.key);
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN')) return { key: await importPKCS8(text, algorithm) };
    const parsed = JSON.parse(text) as JWK & { keys?: JWK[]; jwk?: JWK };
    const jwk = parsed.keys?.[0] ?? parsed.jwk ?? parsed;
    const key = await importJWK(jwk, jwk.alg ?? algorithm);
    if (key instanceof Uint8Array || key.type !== 'private') throw new Error('it is not a private key');
    return { key, ...(jwk.kid !== undefined && { kid: jwk.kid }) };
  } catch (error) {
    throw new UsageError(`--key: ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
