// The hand-over: the site's data about its user, signed by the site and encrypted for the common ID.
import { randomUUID } from 'node:crypto';
import { CompactEncrypt, importJWK, SignJWT, type JSONWebKeySet } from 'jose';
import type { ClientKey } from '../client-key.ts';
import type { User } from './users.ts';

const LIFETIME_SECONDS = 300;

/** The language tag of a claim in katakana (OpenID Connect Core 5.2). */
const KANA = '#ja-Kana-JP';

export type HandOver = {
  clientId: string;
  issuer: string;
  key: ClientKey;
  /** The common ID's keys; the one with `use: enc` encrypts. */
  providerKeys: JSONWebKeySet;
  /** Milliseconds since 1970. */
  now: number;
};

/** Returns a user's claims (OpenID Connect Core 5.1). Unknown ones are left out. */
function legacyClaims({ email, profile }: User): Record<string, unknown> {
  const { family_name, given_name, family_name_kana, given_name_kana, phone_number, birthdate, gender, address, dealer } =
    profile;
  const claims: Record<string, unknown> = {
    name: `${family_name} ${given_name}`,
    family_name,
    given_name,
    [`name${KANA}`]: family_name_kana && given_name_kana && `${family_name_kana} ${given_name_kana}`,
    [`family_name${KANA}`]: family_name_kana,
    [`given_name${KANA}`]: given_name_kana,
    email,
    phone_number,
    birthdate,
    gender,
    address: address && {
      postal_code: address.postal_code,
      region: address.region,
      locality: address.locality,
      // The block and the building, each on its own line.
      street_address: [address.street_address, address.building].filter(Boolean).join('\n'),
      country: 'JP',
    },
    dealer: dealer && { code: dealer.code, customer_number: dealer.customer_number },
    vehicles: profile.vehicles,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/**
 * Creates the JWT: signed (ES256), then encrypted (ECDH-ES+A256KW, A256GCM), because it travels as an authorization parameter
 * and only the common ID may read it.
 * @param authTime when the user entered the password; milliseconds since 1970
 * @throws {Error} if the common ID publishes no encryption key
 */
export async function createLegacyProfile(user: User, authTime: number, handOver: HandOver): Promise<string> {
  const { clientId, issuer, key, providerKeys, now } = handOver;
  const encryptionKey = providerKeys.keys.find(({ use, kty }) => use === 'enc' && kty === 'EC');
  if (!encryptionKey) throw new Error('the common ID publishes no encryption key (use: enc, kty: EC)');
  const seconds = Math.floor(now / 1000);
  const signed = await new SignJWT({ ...legacyClaims(user), auth_time: Math.floor(authTime / 1000) })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'legacy-profile+jwt' })
    .setIssuer(clientId)
    .setAudience(issuer)
    .setSubject(user.legacy_id)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + LIFETIME_SECONDS)
    .setJti(randomUUID())
    .sign(key.privateKey);
  return new CompactEncrypt(new TextEncoder().encode(signed))
    .setProtectedHeader({
      alg: 'ECDH-ES+A256KW',
      enc: 'A256GCM',
      cty: 'JWT',
      ...(encryptionKey.kid === undefined ? {} : { kid: encryptionKey.kid }),
    })
    .encrypt(await importJWK(encryptionKey, 'ECDH-ES+A256KW'));
}
