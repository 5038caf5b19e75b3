// A wave of the campaign: which legacy users get a mail, how many a minute, and when. The record holds the plan and how far it has come; the
// mail of each person is in the record of the legacy user.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';
import { stateOfLegacyUser, type LegacyUser, type WaveMail } from './population.ts';

export type WaveState = 'planned' | 'running' | 'paused' | 'stopped' | 'done';

/** What an operator plans. */
export type WavePlan = {
  client_id: string;
  /** `reminder`: to those who have had a mail or have come, and have not finished. */
  kind: 'invitation' | 'reminder';
  segment?: string;
  dealer?: string;
  /** A reminder comes at least so many days after the last mail. */
  after_days: number;
  /** How many people get it at most. */
  size: number;
  language: 'ja' | 'en';
  /** Mails a minute. */
  rate: number;
  /** The hours in Japan between which mails are sent. */
  from_hour: number;
  until_hour: number;
  start_at: EpochMilliseconds;
  /** The last day of the legacy site, `YYYY-MM-DD`. */
  ends: string;
  /** The page to which the mail leads. */
  url: string;
};

export type Wave = WavePlan & {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  state: WaveState;
  /** The legacy user up to whom it has come, in order of their ids. */
  after: string;
  /** How many people were taken. */
  taken: number;
  /** Since when it keeps its rate, and the mails since then; absent before the first mail and after a break. */
  pace?: { since: EpochMilliseconds; mails: number };
};

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const JAPAN_MS = 9 * HOUR_MS;
/** After a longer break the rate begins anew: mails that were not sent are not made up for at once. */
const LONGEST_CATCH_UP_MS = 10_000;

/** What an operator does with a wave, the states in which it is possible, and the state after it. */
export const WAVE_ACTIONS = {
  start: { from: ['planned', 'running'], to: 'running' },
  pause: { from: ['running', 'paused'], to: 'paused' },
  resume: { from: ['paused', 'running'], to: 'running' },
  stop: { from: ['planned', 'running', 'paused', 'stopped'], to: 'stopped' },
} as const satisfies Record<string, { from: readonly WaveState[]; to: WaveState }>;
export type WaveAction = keyof typeof WAVE_ACTIONS;

/** @returns `undefined` if the wave's state does not allow it; the same object if it is in that state already */
export function acted(wave: Wave, action: WaveAction): Wave | undefined {
  const { from, to } = WAVE_ACTIONS[action];
  if (!from.some((state) => state === wave.state)) return undefined;
  const { pace: _pace, ...rest } = wave;
  return wave.state === to ? wave : { ...rest, state: to };
}

/** Returns the earliest time from now on at which the wave may send: it has started, and its hours are open. */
export function nextOpening(
  { start_at: start, from_hour: from, until_hour: until }: WavePlan,
  now: EpochMilliseconds,
): EpochMilliseconds {
  const at = Math.max(start, now);
  const day = Math.floor((at + JAPAN_MS) / DAY_MS) * DAY_MS - JAPAN_MS;
  if (at < day + from * HOUR_MS) return day + from * HOUR_MS;
  return at < day + until * HOUR_MS ? at : day + DAY_MS + from * HOUR_MS;
}

/** Returns the pace that holds now. */
export function paceAt(
  { pace, rate }: Pick<Wave, 'pace' | 'rate'>,
  now: EpochMilliseconds,
): { since: EpochMilliseconds; mails: number } {
  return pace && now - timeOfNext(pace, rate) <= LONGEST_CATCH_UP_MS ? pace : { since: now, mails: 0 };
}

/** Returns when the next mail is due. */
export function timeOfNext({ since, mails }: { since: EpochMilliseconds; mails: number }, rate: number): EpochMilliseconds {
  return since + Math.ceil((mails * MINUTE_MS) / rate);
}

/** Returns how many mails are due. */
export function dueMails(
  { since, mails }: { since: EpochMilliseconds; mails: number },
  rate: number,
  now: EpochMilliseconds,
): number {
  return Math.max(0, Math.floor(((now - since) * rate) / MINUTE_MS) + 1 - mails);
}

/** Why a legacy user gets no mail of a wave. `stopped` is found out elsewhere: it belongs to the address. */
export type NotMailed = 'other' | 'moved' | 'had_mail' | 'came' | 'too_soon' | 'no_mail_yet' | 'no_address' | 'stopped';

/** @returns `undefined` if the person gets the mail, as far as their record says */
export function whyNotMailed(wave: Pick<Wave, 'id'> & WavePlan, user: LegacyUser, now: EpochMilliseconds): NotMailed | undefined {
  const { client_id: client, segment, dealer, kind } = wave;
  if (user.client_id !== client || user.reached.listed === undefined) return 'other';
  if ((segment ?? user.segment) !== user.segment || (dealer ?? user.dealer) !== user.dealer) return 'other';
  const state = stateOfLegacyUser(user);
  if (!['listed', 'invited', 'under_way'].includes(state)) return 'moved';
  const mails = (user.mails ?? []).filter(({ wave: of, outcome }) => !(of === wave.id && outcome === 'deferred'));
  if (mails.some(({ wave: of }) => of === wave.id)) return 'had_mail';
  const last = mails.at(-1);
  if (kind === 'invitation' && state === 'under_way') return 'came';
  if (kind === 'invitation' && last) return 'had_mail';
  if (kind === 'reminder' && !last && state !== 'under_way') return 'no_mail_yet';
  if (kind === 'reminder' && now < Math.max(last?.at ?? 0, user.seen_at ?? 0) + wave.after_days * DAY_MS) return 'too_soon';
  return user.sealed_email === undefined ? 'no_address' : undefined;
}

/** Claims the mail of a wave for a person, before it is sent. @returns `undefined` if the person gets none, or got it already */
export function claimMail(wave: Wave, user: LegacyUser, now: EpochMilliseconds): LegacyUser | undefined {
  if (whyNotMailed(wave, user, now) !== undefined) return undefined;
  const mails = (user.mails ?? []).filter(({ wave: of }) => of !== wave.id);
  const invited = user.reached.invited ?? now;
  return { ...user, wave: wave.id, reached: { ...user.reached, invited }, mails: [...mails, { wave: wave.id, at: now }] };
}

/** Notes what became of a claimed mail. */
export function notedMail(user: LegacyUser, wave: string, outcome: NonNullable<WaveMail['outcome']>): LegacyUser {
  const mails = user.mails?.map((one) => (one.wave === wave ? { ...one, outcome } : one));
  return mails ? { ...user, mails } : user;
}
