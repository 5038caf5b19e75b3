// The names that mails of the campaign carry. Each mail has a Message-ID by which a report about it is known to be true, and a link that stops
// further mails. Both belong to the address and show nothing of it.
import { createHmac, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { EpochMilliseconds } from './epoch-milliseconds.ts';
import { sameSecret } from './same-secret.ts';
import { seal, unseal } from './seal.ts';

/** Why an address gets no more mails of the campaign. */
export type StopReason = 'unsubscribed' | 'bounced' | 'complained';

/** An address that gets no more mails of the campaign. The id is `addressId`. */
export type MailStop = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  reason: StopReason;
  at: EpochMilliseconds;
  /** The wave whose mail was answered so. */
  wave: string;
};

/** What a link or a Message-ID names. */
export type MailOfWave = { wave: string; address: string };

/** The id of a wave: it stands in a Message-ID, in keys of jobs and in links. */
export const WAVE_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const MESSAGE_ID = /^<?([a-z0-9-]{1,40})\.([\w-]{43})\.([\w-]{43})@[^\s<>@]+>?$/;

/** Returns the id of an address: an HMAC, so that the database does not tell who has stopped the mails. */
export function addressId(key: KeyObject, canonicalEmail: string): string {
  return createHmac('sha256', key).update(`address:${canonicalEmail}`).digest('base64url');
}

/** Makes the Message-ID of the mail of a wave to an address (RFC 5322, section 3.6.4), with angle brackets. @param host of the issuer */
export function messageIdOf(key: KeyObject, { wave, address }: MailOfWave, host: string): string {
  return `<${wave}.${address}.${proofOf(key, { wave, address })}@${host}>`;
}

/** Reads a Message-ID, which anybody may have written. @returns `undefined` unless it is that of a mail of ours */
export function readMessageId(key: KeyObject, text: string): MailOfWave | undefined {
  const [, wave = '', address = '', proof = ''] = MESSAGE_ID.exec(text.trim()) ?? [];
  return proof !== '' && sameSecret(proof, proofOf(key, { wave, address })) ? { wave, address } : undefined;
}

function proofOf(key: KeyObject, { wave, address }: MailOfWave): string {
  return createHmac('sha256', key).update(`mail:${wave}:${address}`).digest('base64url');
}

/** What the page of the link shows: the address, masked. */
export type StopLink = MailOfWave & { shown: string };

const linkSchema = z.tuple([z.string(), z.string(), z.string()]);
const LINK = 'link that stops mails of the campaign';

/** Makes the token of the link. It works for good: people keep mails. */
export function stopTokenOf(key: KeyObject, { wave, address, shown }: StopLink): string {
  return seal(key, LINK, JSON.stringify([wave, address, shown]));
}

/** Reads a token, which anybody may have written. @returns `undefined` unless we made it */
export function readStopToken(key: KeyObject, token: string): StopLink | undefined {
  try {
    const [wave, address, shown] = linkSchema.parse(JSON.parse(unseal(key, LINK, token)));
    return { wave, address, shown };
  } catch {
    return undefined;
  }
}
