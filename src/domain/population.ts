// The legacy users whom the migration is for, one record each: how far they have come, and what the campaign counts them by.
//
// Every change here can be repeated and comes to the same result in any order, because on MongoDB an event may arrive late or twice.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

/** The steps of the funnel, in order. A person with an ID skips those of a registration. */
export const FUNNEL_STEPS = [
  'listed',
  'invited',
  'came',
  'terms',
  'address_proven',
  'details',
  'registered',
  'dealer_decided',
  'signed_in',
  'confirmed',
  'linked',
  'completed',
] as const;
export type FunnelStep = (typeof FUNNEL_STEPS)[number];

/** Why a legacy user could not go on. */
export const FUNNEL_FAILURES = ['cancelled', 'address_registered', 'legacy_registered', 'linked_to_another_account'] as const;
export type FunnelFailure = (typeof FUNNEL_FAILURES)[number];

export type DeviceClass = 'phone' | 'tablet' | 'computer';

/**
 * A mail of a wave. It is noted before it is sent. Without an outcome it is being sent, or its process died meanwhile and nobody knows; then it is
 * not sent again.
 */
export type WaveMail = {
  wave: string;
  at: EpochMilliseconds;
  /** `refused`: by the mail server for good. `deferred`: it was surely not sent, and will be. */
  outcome?: 'sent' | 'refused' | 'deferred' | 'unknown';
};

/** Where a legacy user is. Everybody is in exactly one state. */
export const LEGACY_USER_STATES = ['listed', 'invited', 'under_way', 'completed', 'undone', 'withdrawn'] as const;
export type LegacyUserState = (typeof LEGACY_USER_STATES)[number];

export type LegacyUser = {
  /** The HMAC of the client's id and the legacy id; see `LegacyUserIds`. */
  id: string;
  version: number;
  client_id: string;
  /** Encrypted for this record. */
  sealed_legacy_id: string;
  /** The address for invitations, encrypted. It is dropped when the migration is complete or the ID was withdrawn. */
  sealed_email?: string;
  /** The HMAC of the row of the list, by which a row that says nothing new is recognized. It goes with the address. */
  list_digest?: string;
  segment?: string;
  /** The code of the dealer in the list. */
  dealer?: string;
  /** The wave that invited the person last. */
  wave?: string;
  /** The mails of waves, oldest first. */
  mails?: WaveMail[];
  device?: DeviceClass;
  /** When the person first reached each step. `listed` is absent if the person is not in the list. */
  reached: Partial<Record<FunnelStep, EpochMilliseconds>>;
  /** When the person was last seen on the way. */
  seen_at?: EpochMilliseconds;
  failure?: { reason: FunnelFailure; at: EpochMilliseconds };
  /** The last time of each. The latest one counts. */
  completed_at?: EpochMilliseconds;
  undone_at?: EpochMilliseconds;
  withdrawn_at?: EpochMilliseconds;
};

/** A legacy user as the list names them. */
export type ListedUser = Pick<LegacyUser, 'id' | 'client_id' | 'sealed_legacy_id' | 'sealed_email' | 'segment' | 'dealer'> & {
  list_digest: string;
  at: EpochMilliseconds;
};

/** Something that a legacy user did. */
export type LegacyUserStep = Pick<LegacyUser, 'id' | 'client_id' | 'sealed_legacy_id' | 'device'> & {
  at: EpochMilliseconds;
} & (
    | { step: Exclude<FunnelStep, 'listed' | 'invited'>; failure?: never }
    | { step: 'undone' | 'withdrawn'; failure?: never }
    | { step: 'failed'; failure: FunnelFailure }
  );

/** A person who goes on within this time is not written again only for that. */
const SEEN_AGAIN_MS = 60 * 60 * 1000;

const earliest = (one: number | undefined, other: number): number => Math.min(one ?? other, other);
const latest = (one: number | undefined, other: number): number => Math.max(one ?? other, other);

/** Takes a step. @returns the same object if it changes nothing */
export function followed(standing: LegacyUser | undefined, taken: LegacyUserStep): LegacyUser {
  const { id, client_id, sealed_legacy_id, step, at, device } = taken;
  const before: LegacyUser = standing ?? { id, version: 0, client_id, sealed_legacy_id, reached: {} };
  const next: LegacyUser = { ...before, reached: { ...before.reached } };
  if (step === 'undone') next.undone_at = latest(before.undone_at, at);
  else if (step === 'withdrawn') next.withdrawn_at = latest(before.withdrawn_at, at);
  else if (step === 'failed') {
    if (!before.failure || before.failure.at < at) next.failure = { reason: taken.failure, at };
  } else next.reached[step] = earliest(before.reached[step], at);
  if (step === 'completed') next.completed_at = latest(before.completed_at, at);
  if (step === 'completed' || step === 'withdrawn') {
    delete next.sealed_email;
    delete next.list_digest;
  }
  if (device !== undefined && before.device === undefined) next.device = device;
  // An undone migration and a withdrawal do not mean that the person goes on.
  if (step !== 'undone' && step !== 'withdrawn' && at >= (before.seen_at ?? 0)) next.seen_at = at;
  const isSeenOnly = JSON.stringify({ ...next, seen_at: 0 }) === JSON.stringify({ ...before, seen_at: 0 });
  const isSoon = (next.seen_at ?? 0) - (before.seen_at ?? 0) < SEEN_AGAIN_MS;
  return standing && isSeenOnly && isSoon ? standing : next;
}

/**
 * Takes over what the list says. A later list replaces an earlier one; what the person did stays. The address of a person who has finished or
 * withdrawn is not kept.
 * @returns the same object if it changes nothing
 */
export function listed(standing: LegacyUser | undefined, row: ListedUser): LegacyUser {
  const { id, client_id, sealed_legacy_id, sealed_email, list_digest, segment, dealer, at } = row;
  const before: LegacyUser = standing ?? { id, version: 0, client_id, sealed_legacy_id, reached: {} };
  const mayInvite = !['completed', 'withdrawn'].includes(stateOfLegacyUser(before));
  const { sealed_email: _email, list_digest: _digest, segment: _segment, dealer: _dealer, ...kept } = before;
  const next: LegacyUser = {
    ...kept,
    reached: { ...before.reached, listed: before.reached.listed ?? at },
    ...(mayInvite && { list_digest, ...(sealed_email !== undefined && { sealed_email }) }),
    ...(segment !== undefined && { segment }),
    ...(dealer !== undefined && { dealer }),
  };
  const isSame =
    before.reached.listed !== undefined &&
    before.list_digest === next.list_digest &&
    before.segment === segment &&
    before.dealer === dealer &&
    (before.sealed_email === undefined) === (next.sealed_email === undefined);
  return standing && isSame ? standing : next;
}

/** Returns the state of a legacy user. If two ends have the same time, the one that frees the legacy identity counts. */
export function stateOfLegacyUser(user: LegacyUser): LegacyUserState {
  const { reached, seen_at: seen = 0, completed_at: completed = 0, undone_at: undone = 0, withdrawn_at: withdrawn = 0 } = user;
  const freed = Math.max(undone, withdrawn);
  if (completed > freed) return 'completed';
  if (freed > 0 && seen <= freed) return withdrawn === freed ? 'withdrawn' : 'undone';
  if (seen > 0) return 'under_way';
  return reached.invited === undefined ? 'listed' : 'invited';
}

/** Returns since when a person who is under way was not seen; `undefined` if the person is not under way. */
export function waitingSince(user: LegacyUser): EpochMilliseconds | undefined {
  return stateOfLegacyUser(user) === 'under_way' ? user.seen_at : undefined;
}

/** Returns the last step that a person has reached, in the order of the funnel. */
export function lastStepOf({ reached }: Pick<LegacyUser, 'reached'>): FunnelStep | undefined {
  return FUNNEL_STEPS.findLast((step) => reached[step] !== undefined);
}

/** `new_id`: registers an ID on the way; `has_id`: signs in with one. `undefined` until one of them is seen. */
export function roadOf({ reached }: Pick<LegacyUser, 'reached'>): 'new_id' | 'has_id' | undefined {
  if (reached.registered !== undefined) return 'new_id';
  if (reached.signed_in !== undefined || reached.linked !== undefined) return 'has_id';
  return reached.terms === undefined ? undefined : 'new_id';
}
