// Anchors: the signed last hashes of all partitions. An anchor that is kept elsewhere proves later that the ledger was cut off or
// replaced, even by somebody with full access to the database.
import { createHash, createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Ledger, LedgerAnchor, LedgerHead, LedgerOrigin } from './storage.ts';

/** The content of an anchor. */
export type AnchorContent = {
  number: number;
  at: EpochMilliseconds;
  origin: Pick<LedgerOrigin, 'sequence' | 'hash'>;
  heads: LedgerHead[];
  /** SHA-256 of the previous anchor; `null` in the first one. */
  previous: string | null;
};

/** A key that signs statements of one kind. */
export type StatementKey<Content> = {
  /** The `kid` of its statements. */
  id: string;
  /** The JWK of the public key, to verify statements without the secret. */
  publicJwk: JsonWebKey;
  /** @returns a JWS in its compact form */
  sign(content: Content): string;
  /** @returns the content, or why this key did not sign it */
  read(document: string): Content | 'changed' | 'wrong_key';
};
export type AnchorKey = StatementKey<AnchorContent>;

/** The PKCS #8 prefix of an Ed25519 key; the 32 bytes of the key follow (RFC 8410). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Derives the key that signs the anchors. */
export function createAnchorKey(ledgerKey: KeyObject): AnchorKey {
  return createStatementKey(ledgerKey, 'signs the anchors');
}

/**
 * Derives a signing key (Ed25519, RFC 8037) from a key of the ledger.
 * @param label names what it signs; never change one that is in use
 */
export function createStatementKey<Content>(ledgerKey: KeyObject, label: string): StatementKey<Content> {
  const seed = createHmac('sha256', ledgerKey).update(label).digest();
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const publicJwk = publicKey.export({ format: 'jwk' });
  const id = createHash('sha256').update(String(publicJwk.x)).digest('hex').slice(0, 16);
  const header = encode({ alg: 'EdDSA', kid: id });
  return {
    id,
    publicJwk: { ...publicJwk, kid: id, alg: 'EdDSA', use: 'sig' },
    sign(content) {
      const signed = `${header}.${encode(content)}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    read(document) {
      const [theirs = '', payload = '', signature = ''] = document.split('.');
      if (theirs !== header) return 'wrong_key';
      const isRight = verify(null, Buffer.from(`${theirs}.${payload}`), publicKey, Buffer.from(signature, 'base64url'));
      return isRight ? decode(payload) : 'changed';
    },
  };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = <Content>(payload: string): Content => JSON.parse(Buffer.from(payload, 'base64url').toString()) as Content;

/** @returns the anchor's content, without verifying its signature. @throws {SyntaxError} if it is not an anchor */
export function contentOf({ document }: Pick<LedgerAnchor, 'document'>): AnchorContent {
  return decode(document.split('.')[1] ?? '');
}

/** Returns the SHA-256 hash of an anchor, which the next one contains. */
export function anchorHash({ document }: LedgerAnchor): string {
  return createHash('sha256').update(document).digest('hex');
}

/** Anchors everything acknowledged so far. @returns the anchor */
export async function takeAnchor(ledger: Omit<Ledger, 'append'>, key: AnchorKey, now: EpochMilliseconds): Promise<LedgerAnchor> {
  await ledger.settle();
  for (;;) {
    const [last, { sequence, hash }, heads] = [await ledger.lastAnchor(), await ledger.origin(), await ledger.heads()];
    const number = (last?.sequence ?? 0) + 1;
    const content = { number, at: now, origin: { sequence, hash }, heads, previous: last ? anchorHash(last) : null };
    const anchor = { sequence: number, document: key.sign(content) };
    if (await ledger.addAnchor(anchor)) return anchor;
  }
}
