// The hand-over: what the site knows about its user, signed by the site and encrypted for the common ID.
import { randomUUID } from 'node:crypto';
import { CompactEncrypt, importJWK, SignJWT, type JSONWebKeySet } from 'jose';
import type { ClientKey } from '../client-key.ts';
import type { User } from './users.ts';

const LIFETIME_SECONDS = 300;

/** The script in which a name is spelt, as a language tag of OpenID Connect Core 5.2. */
const KANA = '#ja-Kana-JP';

export type HandOver = {
  clientId: string;
  issuer: string;
  key: ClientKey;
  /** The common ID's; the one with `use: enc` is used. */
  providerKeys: JSONWebKeySet;
  /** Milliseconds since 1970. */
  now: number;
};

/** The claims of a user, in the forms of OpenID Connect Core 5.1; what the site does not know is left out. */
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
      // The block, then the building, one a line.
      street_address: [address.street_address, address.building].filter(Boolean).join('\n'),
      country: 'JP',
    },
    dealer: dealer && { code: dealer.code, customer_number: dealer.customer_number },
    vehicles: profile.vehicles,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/**
 * Signs (ES256), then encrypts (ECDH-ES+A256KW, A256GCM): authorization parameters are stored as they came, and nobody but the
 * common ID shall read this one.
 * @param authTime when the site saw the password; milliseconds since 1970
 * @throws where the common ID publishes no key to encrypt to
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
