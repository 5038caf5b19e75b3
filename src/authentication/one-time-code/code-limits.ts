// How often codes are mailed, whatever they are for; the figures are derived in docs/limits.md.
// A mailbox gets so many an hour. A place – first the address, then the network around it – may ask for so many that nobody enters: what
// was proven does not count any more, so that a carrier's thousands pass. All together is counted when a mail is really sent, and a share
// of it is kept for networks that have hardly asked for any.
import type { Deps } from '../../deps.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import { CODES_SENT_KEY, HOUR_MS } from './code-budget.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { PageError } from '../../http/page-error.ts';
import { countForAll, createPacedLimit, createRateLimit, type PacedLimit, type RateLimit } from '../limits/rate-limit.ts';

/** A network is quiet until it has asked for so many codes in an hour that nobody entered. */
const QUIET_NETWORK_ASKED = 20;
/** A place above its limit still gets one code in this many seconds. */
const PACE_SECONDS = 10;

/** How many seconds it still takes until another code may be asked for in place of the one that was sent at `sentAt`. */
export function secondsToNextCode({ config, clock }: Pick<Deps, 'config' | 'clock'>, sentAt: number): number {
  const from = sentAt + config.rateLimits.emailCode.resendAfterSeconds * 1000;
  return Math.max(0, Math.ceil((from - clock()) / 1000));
}

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
  /** `ask` and `sent`, where a mail is sent in any case. @throws {PageError} as `ask`, and where the mailbox has no room */
  count(ip: string, canonicalEmail: string, trusted?: string): Promise<void>;
};

export function createAllCodeLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): CodeLimits {
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
  const [name = '', everybody = ''] = CODES_SENT_KEY.split(':');
  const overall = limit(name, figures.overallPerHour);
  const overallForBusy = limit(name, Math.ceil((figures.overallPerHour * (100 - figures.quietSharePercent)) / 100));

  const codeLimits: CodeLimits = {
    async ask(ip, canonicalEmail, trusted) {
      const [source, network, mailbox] = [sourceOf(ip), networkOf(ip), mailboxOf(canonicalEmail)];
      const isQuiet = trusted !== undefined || !(await refusalOf(networkCount.check(network)));
      await (isQuiet ? overall : overallForBusy).check(everybody);
      const places: [PacedLimit, string][] = [
        [perSource, source],
        [perNetwork, network],
      ];
      const takeBack = await countForAll(trusted === undefined ? places : []);
      const key = trusted === undefined ? mailbox : `${mailbox}:${trusted}`;
      return { mailboxFull: await refusalOf(countOrTakeBack(perMailbox, key)), takeBack };
    },
    async sent() {
      await overall.note(everybody);
    },
    async proven(ip, trusted) {
      if (trusted !== undefined) return;
      await Promise.all([addressCount.takeBack(sourceOf(ip)), networkCount.takeBack(networkOf(ip))]);
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

/** What was refused does not count. */
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
