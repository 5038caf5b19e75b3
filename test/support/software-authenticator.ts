// An authenticator made of software: it makes passkeys and signs with them, and a test can make it say anything (WebAuthn Level 3).
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256';

export type AuthenticatorOptions = {
  /** The RP ID and the origin of the pages that ask. */
  rpId: string;
  origin: string;
  algorithm?: Algorithm;
  /** Whether its passkeys may be synchronized. */
  synced?: boolean;
  /** The counter of the first signature; without it the authenticator does not count. */
  counter?: number;
};

/** What the authenticator says, instead of the truth. */
export type Lies = {
  origin?: string;
  rpId?: string;
  type?: string;
  challenge?: string;
  userHandle?: string | undefined;
  id?: string;
  counter?: number;
  userVerified?: boolean;
  userPresent?: boolean;
  crossOriginIn?: string;
  signWith?: KeyObject;
};

export type SoftwareAuthenticator = {
  /** The credential id, base64url. */
  id: string;
  privateKey: KeyObject;
  /** Answers `navigator.credentials.create()`, as JSON. */
  create(options: { challenge: string; user: { id: string } }, lies?: Lies): string;
  /** Answers `navigator.credentials.get()`, as JSON. */
  get(options: { challenge: string }, lies?: Lies): string;
};

const [PRESENT, VERIFIED, MAY_SYNC, IS_SYNCED, HAS_KEY] = [0x01, 0x04, 0x08, 0x10, 0x40];

/** Makes an authenticator with one passkey. */
export function createSoftwareAuthenticator(options: AuthenticatorOptions): SoftwareAuthenticator {
  const { algorithm = 'ES256', synced = false } = options;
  const { privateKey, publicKey } = makeKeys(algorithm);
  const id = randomBytes(16);
  let counter = options.counter ?? 0;
  let handle: string | undefined;

  function authenticatorData(lies: Lies, flags: number): Buffer {
    const verified = lies.userVerified === false ? 0 : VERIFIED;
    const present = lies.userPresent === false ? 0 : PRESENT;
    const number = Buffer.alloc(4);
    number.writeUInt32BE(lies.counter ?? counter);
    if (options.counter !== undefined) counter += 1;
    return Buffer.concat([
      sha256(lies.rpId ?? options.rpId),
      Buffer.from([flags | verified | present | (synced ? MAY_SYNC | IS_SYNCED : 0)]),
      number,
    ]);
  }

  function clientData(type: string, challenge: string, lies: Lies): Buffer {
    const foreign = lies.crossOriginIn === undefined ? {} : { crossOrigin: true, topOrigin: lies.crossOriginIn };
    return Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? options.origin,
        ...foreign,
      }),
    );
  }

  const answer = (response: Record<string, unknown>, lies: Lies): string => {
    const named = lies.id ?? base64url(id);
    return JSON.stringify({ id: named, rawId: named, type: 'public-key', clientExtensionResults: {}, response });
  };

  return {
    id: base64url(id),
    privateKey,
    create({ challenge, user }, lies = {}) {
      handle = user.id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const key = cbor(coseKey(publicKey, algorithm));
      const data = Buffer.concat([authenticatorData(lies, HAS_KEY), Buffer.alloc(16), length, id, key]);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', data],
      ]);
      return answer(
        {
          clientDataJSON: base64url(clientData('webauthn.create', challenge, lies)),
          attestationObject: base64url(cbor(attestation)),
          transports: ['internal'],
        },
        lies,
      );
    },
    get({ challenge }, lies = {}) {
      const [data, client] = [authenticatorData(lies, 0), clientData('webauthn.get', challenge, lies)];
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      const signature = sign(algorithm === 'EdDSA' ? null : 'sha256', signed, lies.signWith ?? privateKey);
      return answer(
        {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(signature),
          userHandle: 'userHandle' in lies ? lies.userHandle : handle,
        },
        lies,
      );
    },
  };
}

function makeKeys(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** The public key as COSE (RFC 9053). */
function coseKey(publicKey: KeyObject, algorithm: Algorithm): Map<number, unknown> {
  const { x = '', y = '', n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  if (algorithm === 'ES256')
    return new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]);
  if (algorithm === 'EdDSA')
    return new Map<number, unknown>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytes(x)],
    ]);
  return new Map<number, unknown>([
    [1, 3],
    [3, -257],
    [-1, bytes(n)],
    [-2, bytes(e)],
  ]);
}

/** Encodes whole numbers, texts, bytes and maps (RFC 8949). */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) {
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])]);
  }
  throw new TypeError(`no CBOR for ${typeof value}`);
}

function head(major: number, length: number): Buffer {
  const type = major << 5;
  if (length < 24) return Buffer.from([type | length]);
  if (length < 256) return Buffer.from([type | 24, length]);
  return Buffer.from([type | 25, length >> 8, length & 255]);
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const base64url = (bytes: Buffer): string => bytes.toString('base64url');
