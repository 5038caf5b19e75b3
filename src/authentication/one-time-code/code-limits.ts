// Limits how many codes are mailed, for any purpose; sms-limits.ts limits SMS. docs/limits.md derives the figures. Each mailbox has a limit per hour. Each IP
// address and each network has a limit of codes that nobody enters: a code that was entered no longer counts, so that thousands
// of people behind a carrier's address can register. The overall limit counts codes that were really sent, and reserves a share
// for networks that have requested few.
import type { Deps } from '../../deps.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import type { PageError } from '../../http/page-error.ts';
import { countForAll, countOrTakeBack, createRateLimit, refusalOf } from '../limits/rate-limit.ts';
import { createPlaceLimits, EVERYBODY } from './place-limits.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Codes that one account may request in a day, for any address, so that nobody takes over an address by guessing its code. */
const PER_ACCOUNT = { points: 10, windowSeconds: 24 * 60 * 60 };
export const CODE_MAILS_OF_ACCOUNT = PER_ACCOUNT.points;
const [PER_MAILBOX_NAME, PER_ACCOUNT_NAME] = ['code-mailbox', 'email-change'] as const;
/** The counters of codes to a mailbox, and of codes that an account asked for another address. */
export const codeMailsKey = (mailbox: string): string => `${PER_MAILBOX_NAME}:${mailbox}`;
export const newAddressKey = (accountId: string): string => `${PER_ACCOUNT_NAME}:${accountId}`;

/** A network is quiet as long as it has fewer codes in an hour that nobody entered. */
const QUIET_NETWORK_ASKED = 20;
/** A place above its limit still gets one code in this many seconds. */
const PACE_SECONDS = 10;

export type CodeLimits = {
  /**
   * Counts the request of a code.
   * @param trusted a key that strangers do not have, such as a browser in which the account has signed in before. Its codes are
   * counted separately from those of strangers and not for the place.
   * @returns `mailboxFull`, an error if the mailbox has reached its limit, and `takeBack`, which takes back the count of the
   * place
   * @throws {PageError} `too_many_requests` if the place or the overall limit is used up; nothing is counted then
   */
  ask(
    ip: string,
    canonicalEmail: string,
    trusted?: string,
  ): Promise<{ mailboxFull: PageError | undefined; takeBack(): Promise<void> }>;
  /** Counts a queued mail with a code in the overall limit. */
  sent(): Promise<void>;
  /** Takes a code back for the place after it was entered, which proves its mailbox. */
  proven(ip: string, trusted?: string): Promise<void>;
  /**
   * Counts an account's request of a code for another address.
   * @throws {PageError} `too_many_requests` if its limit of the day is used up
   */
  countForAccount(accountId: string): Promise<void>;
  /** Counts a long code for the mailbox. @returns whether it is the first one in this hour */
  isFirstLongCode(canonicalEmail: string): Promise<boolean>;
  /** Allows another long code for the mailbox at once, because the last one was used. */
  forgetLongCode(canonicalEmail: string): Promise<void>;
  /**
   * Combines `ask` and `sent`, if a mail is always sent.
   * @throws {PageError} as `ask`, and if the mailbox has reached its limit
   */
  count(ip: string, canonicalEmail: string, trusted?: string): Promise<void>;
};

/** Makes the limits. All processes share their counters. */
export function createCodeLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): CodeLimits {
  const { counters } = storage;
  const figures = config.rateLimits.emailCode;
  const mailboxLimit = { points: figures.perMailboxPerHour, windowSeconds: HOUR_MS / 1000 };
  const perMailbox = createRateLimit(PER_MAILBOX_NAME, mailboxLimit, counters, clock);
  const pace = { paceSeconds: PACE_SECONDS, quietNetworkAsked: QUIET_NETWORK_ASKED };
  const places = createPlaceLimits({ storage, clock }, 'code', figures, pace);
  const perAccount = createRateLimit(PER_ACCOUNT_NAME, PER_ACCOUNT, counters, clock);

  const codeLimits: CodeLimits = {
    async ask(ip, canonicalEmail, trusted) {
      const mailbox = mailboxOf(canonicalEmail);
      const isQuiet = trusted !== undefined || (await places.isQuiet(ip));
      await (isQuiet ? places.overall : places.overallForBusy).check(EVERYBODY);
      const takeBack = await countForAll(trusted === undefined ? places.of(ip) : []);
      const key = trusted === undefined ? mailbox : `${mailbox}:${trusted}`;
      return { mailboxFull: await refusalOf(countOrTakeBack(perMailbox, key)), takeBack };
    },
    async sent() {
      await places.overall.note(EVERYBODY);
    },
    async proven(ip, trusted) {
      if (trusted === undefined) await places.proven(ip);
    },
    async countForAccount(accountId) {
      await perAccount.count(accountId);
    },
    async isFirstLongCode(canonicalEmail) {
      return (await counters.add(longCodeKey(canonicalEmail), 1, HOUR_MS)).points === 1;
    },
    async forgetLongCode(canonicalEmail) {
      await counters.remove(longCodeKey(canonicalEmail));
    },
    async count(ip, canonicalEmail, trusted) {
      const { mailboxFull, takeBack } = await codeLimits.ask(ip, canonicalEmail, trusted);
      if (mailboxFull) {
        await takeBack();
        throw mailboxFull;
      }
      await codeLimits.sent();
    },
  };
  return codeLimits;
}

const longCodeKey = (canonicalEmail: string): string => `code-long:${mailboxOf(canonicalEmail)}`;
