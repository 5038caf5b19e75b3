// Limits how often codes are sent, for any purpose. docs/limits.md derives the figures.
// A mailbox gets a number of codes an hour. An IP address, and then its network, may ask for a number of codes that nobody enters: a code
// that was entered no longer counts, so that the thousands behind a carrier's address pass. The limit over all mailboxes counts codes that
// were really sent, and keeps a share for networks that have hardly asked for any.
import type { Deps } from '../../deps.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { PageError } from '../../http/page-error.ts';
import { countForAll, createPacedLimit, createRateLimit, type PacedLimit, type RateLimit } from '../limits/rate-limit.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Codes that one account may ask for in a day, for any address: so nobody gets at an address by guessing its code. */
const PER_ACCOUNT = { points: 10, windowSeconds: 24 * 60 * 60 };
/** One counter for all mailboxes. */
const EVERYBODY = 'all';

/** A network is quiet until it has asked for so many codes in an hour that nobody entered. */
const QUIET_NETWORK_ASKED = 20;
/** A place above its limit still gets one code in this many seconds. */
const PACE_SECONDS = 10;

export type CodeLimits = {
  /**
   * Counts that a code is asked for.
   * @param trusted names something that strangers do not have, such as a browser in which the account has signed in before: its codes are
   * counted apart from those that strangers ask for, and its place does not matter
   * @returns why the mailbox has no room for it, if it has none; and what takes back that the place asked
   * @throws {PageError} `too_many_requests`, where the place or everybody has asked too often; nothing is counted
   */
  ask(
    ip: string,
    canonicalEmail: string,
    trusted?: string,
  ): Promise<{ mailboxFull: PageError | undefined; takeBack(): Promise<void> }>;
  /** Counts a queued mail with a code. */
  sent(): Promise<void>;
  /** A code was entered: its mailbox is proven, and the mail no longer counts for the place. */
  proven(ip: string, trusted?: string): Promise<void>;
  /** Counts that an account asked for a code for another address. @throws {PageError} `too_many_requests`, where it has asked too often today */
  countForAccount(accountId: string): Promise<void>;
  /** Counts a long code of the mailbox. @returns whether it is the only one of this hour */
  isFirstLongCode(canonicalEmail: string): Promise<boolean>;
  /** Lets the mailbox have another long code at once: the last one was used. */
  forgetLongCode(canonicalEmail: string): Promise<void>;
  /** `ask` and `sent`, where a mail is sent in any case. @throws {PageError} as `ask`, and where the mailbox has no room */
  count(ip: string, canonicalEmail: string, trusted?: string): Promise<void>;
};

/** Makes the limits. Their counters are shared by all processes. */
export function createCodeLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): CodeLimits {
  const { counters } = storage;
  const figures = config.rateLimits.emailCode;
  const limit = (name: string, points: number): RateLimit =>
    createRateLimit(name, { points, windowSeconds: HOUR_MS / 1000 }, counters, clock);
  const perMailbox = limit('code-mailbox', figures.perMailboxPerHour);
  const paced = (name: string, points: number): PacedLimit =>
    createPacedLimit(name, { points, windowSeconds: HOUR_MS / 1000, paceSeconds: PACE_SECONDS }, counters, clock);
  const perSource = paced('code-address', figures.unprovenPerAddressPerHour);
  const perNetwork = paced('code-network', figures.unprovenPerNetworkPerHour);
  const [addressCount, networkCount] = [limit('code-address', 1), limit('code-network', QUIET_NETWORK_ASKED)];
  const overall = limit('code-overall', figures.overallPerHour);
  const overallForBusy = limit('code-overall', Math.ceil((figures.overallPerHour * (100 - figures.quietSharePercent)) / 100));
  const perAccount = createRateLimit('email-change', PER_ACCOUNT, counters, clock);

  const codeLimits: CodeLimits = {
    async ask(ip, canonicalEmail, trusted) {
      const [source, network, mailbox] = [sourceOf(ip), networkOf(ip), mailboxOf(canonicalEmail)];
      const isQuiet = trusted !== undefined || !(await refusalOf(networkCount.check(network)));
      await (isQuiet ? overall : overallForBusy).check(EVERYBODY);
      const places: [PacedLimit, string][] = [
        [perSource, source],
        [perNetwork, network],
      ];
      const takeBack = await countForAll(trusted === undefined ? places : []);
      const key = trusted === undefined ? mailbox : `${mailbox}:${trusted}`;
      return { mailboxFull: await refusalOf(countOrTakeBack(perMailbox, key)), takeBack };
    },
    async sent() {
      await overall.note(EVERYBODY);
    },
    async proven(ip, trusted) {
      if (trusted !== undefined) return;
      await Promise.all([addressCount.takeBack(sourceOf(ip)), networkCount.takeBack(networkOf(ip))]);
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

/** Counts; a refused one is taken back. */
async function countOrTakeBack(limit: RateLimit, key: string): Promise<void> {
  await limit.count(key).catch(async (error: unknown) => {
    if (error instanceof PageError) await limit.takeBack(key);
    throw error;
  });
}

async function refusalOf(check: Promise<void>): Promise<PageError | undefined> {
  try {
    await check;
    return undefined;
  } catch (error) {
    if (error instanceof PageError) return error;
    throw error;
  }
}
