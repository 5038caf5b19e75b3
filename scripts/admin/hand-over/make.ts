// hand-over make: makes a correct `legacy_profile`, to compare with or to send.
import { readFileSync } from 'node:fs';
import { CompactEncrypt, importJWK, SignJWT, type JWK } from 'jose';
import { isRecord } from '../../../src/config/problems/check-object.ts';
import { CONTENT_ENCRYPTION, HAND_OVER_TYP, KEY_MANAGEMENT } from '../../../src/oidc/migration/find-hand-over-mistakes.ts';
import { findClient } from '../clients/find-client.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';
import { loadOwnKeys } from './own-keys.ts';

const LIFETIME_SECONDS = 4 * 60;
const SAMPLE = {
  sub: 'legacy-0001',
  email: 'hanako@example.jp',
  family_name: '豊田',
  given_name: '花子',
  birthdate: '1985-04-01',
  vehicles: [{ vin: 'ZVW30-1234567' }],
};

export const make: Action = {
  does: 'makes a correct legacy_profile, valid for four minutes, and prints it',
  options: {
    client: 'the client id of the legacy site',
    key: 'a file with the site’s private key as a JWK (ES256 or PS256), whose public half is in its JWKS',
    profile: 'a JSON file with claims, such as {"sub": "legacy-0001", "family_name": "豊田"}; default: a sample',
  },
  needs: ['client', 'key'],
  async run({ values: { client: id = '', key: keyFile = '', profile: profileFile }, ...input }) {
    findClient(id, input.env, input.directory);
    const { config, keys } = loadOwnKeys(input);
    const key = readJson(keyFile, '--key') as JWK;
    const alg = key.alg ?? (key.kty === 'RSA' ? 'PS256' : 'ES256');
    if (key.d === undefined || key.kid === undefined) throw new UsageError('--key: expected a private JWK with "kid" and "d"');
    const ours = keys.jwks.keys.find(({ use }) => use === 'enc');
    if (ours?.kid === undefined) throw new Error('there is no key to encrypt to; npm run admin -- keys list shows the keys');
    const now = Math.floor(Date.now() / 1000);
    const own = { iss: id, aud: config.issuer, iat: now, exp: now + LIFETIME_SECONDS, jti: crypto.randomUUID() };
    // Claims of the file win, so that a developer can also try wrong ones.
    const claims = { ...own, ...(profileFile === undefined ? SAMPLE : readJson(profileFile, '--profile')) };
    const header = { alg, kid: key.kid, typ: HAND_OVER_TYP };
    const signed = await new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, alg));
    const outer = { alg: KEY_MANAGEMENT, enc: CONTENT_ENCRYPTION, cty: 'JWT', kid: ours.kid };
    const { d: _private, ...published } = ours;
    const value = await new CompactEncrypt(new TextEncoder().encode(signed))
      .setProtectedHeader(outer)
      .encrypt(await importJWK(published, KEY_MANAGEMENT));
    return { json: { legacy_profile: value, headers: { outer, inner: header }, claims }, text: `${value}\n` };
  },
};

/** @throws {UsageError} */
function readJson(file: string, option: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(json)) return json;
  } catch {
    // The message of the parser would quote the private key.
  }
  throw new UsageError(`${option}: ${file} cannot be read as a JSON object`);
}
