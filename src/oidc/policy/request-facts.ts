// What a person decided in an authorization request, and which of it is kept for the next request of the same legacy user.
import type { Deps } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { Records } from '../../storage/records.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../../storage/storage.ts';

/** As long as the registration's draft. */
const KEPT_MS = 24 * 60 * 60 * 1000;

const KEPT = ['dealer_choice', 'typed_profile', 'continue_as'] as const;
type KeptFacts = Pick<InteractionFacts, (typeof KEPT)[number]>;

const keptOf = (facts: Partial<InteractionFacts>): KeptFacts =>
  Object.fromEntries(KEPT.filter((name) => name in facts).map((name) => [name, facts[name]]));

/** The facts of a request. */
export type RequestFacts = Partial<InteractionFacts> & {
  /** The choice at ⑩ in an earlier request. It is only shown; it counts when the person presses it again. */
  earlier_choice?: InteractionFacts['dealer_choice'];
};

/** Whose facts: those of the request, and those of the legacy user in this browser. */
export type FactsKey = {
  /** The `cid` of the request's interactions; none before the first page. */
  cid: string | undefined;
  legacy: StoredLegacyProfile | undefined;
  browserId: string | undefined;
};

/**
 * The key of the choices that are kept beyond one request. They are this browser's only: a person who is lured into another one's migration
 * is asked for their own consent.
 */
function keptId({ legacy, browserId }: FactsKey): string | undefined {
  return legacy && browserId ? `legacy:${legacy.client_id}:${legacy.profile.legacy_id}:${browserId}` : undefined;
}

export async function readFacts({ storage, config }: Pick<Deps, 'storage' | 'config'>, key: FactsKey): Promise<RequestFacts> {
  const store = storage.interactionFacts;
  const kept = keptId(key);
  const { legacy, cid } = key;
  const [ofUser, ofRequest, migration] = await Promise.all([
    kept ? store.find(kept) : undefined,
    cid ? store.find(cid) : undefined,
    legacy ? storage.migrations.find(legacy.client_id, legacy.profile.legacy_id) : undefined,
  ]);
  // After an undone migration the person is asked again with which ID to go on.
  const counts = ofUser && ofUser.expires_at - KEPT_MS > (migration?.undone_at ?? 0);
  const { dealer_choice: earlier, ...standing } = keptOf(counts ? ofUser : {});
  const { dealer_choice: chosen, ...rest }: Partial<InteractionFacts> = ofRequest ?? {};
  // A dealer that is not configured any more cannot be linked: the person has not chosen.
  const canBe = (choice: InteractionFacts['dealer_choice']): boolean =>
    choice !== undefined && (choice.dealer === null || config.dealers.some(({ code }) => code === choice.dealer));
  return {
    ...standing,
    ...rest,
    ...(canBe(chosen) && { dealer_choice: chosen }),
    ...(canBe(earlier) && { earlier_choice: earlier }),
  };
}

/** When the facts of a request end, and now. */
type Times = { now: EpochMilliseconds; requestEnds: EpochMilliseconds };

/** Changes the facts of a request that bind nobody, by a function of those that stand. */
export async function changeFacts(
  store: Records['interactionFacts'],
  cid: string,
  change: (facts: Partial<InteractionFacts>) => Partial<InteractionFacts>,
  requestEnds: EpochMilliseconds,
): Promise<Partial<InteractionFacts> | undefined> {
  const { now } = await store.change(cid, (standing) => ({ ...standing, ...change(standing ?? {}), expires_at: requestEnds }));
  return now;
}

/**
 * Writes what the person chose and typed, and keeps it for the next request of the same legacy user. Of two tabs the later press wins. In a
 * request that was cancelled nothing is chosen any more.
 */
export async function writeFacts(
  store: Records['interactionFacts'],
  key: FactsKey & { cid: string },
  change: Partial<InteractionFacts>,
  { now, requestEnds }: Times,
): Promise<void> {
  const keep = keptOf(change);
  const kept = keptId(key);
  if (kept && Object.keys(keep).length > 0)
    await store.change(kept, (standing) => ({ ...ofSamePerson(standing, change), ...keep, expires_at: now + KEPT_MS }));
  const { now: facts } = await store.change(key.cid, (standing) => {
    const { dealer_choice: choice, ...next } = { ...ofSamePerson(standing, change), ...change, expires_at: requestEnds };
    return next.cancelled || choice === undefined ? next : { ...next, dealer_choice: choice };
  });
  // The request was cancelled in the meantime: also forget what was saved above.
  if (facts?.cancelled && kept && 'dealer_choice' in change) await forgetChoice(store, kept);
}

/** Drops the choices of another person who was signed in before in the same browser. */
function ofSamePerson(
  standing: InteractionFacts | undefined,
  { continue_as: next }: Partial<InteractionFacts>,
): Partial<InteractionFacts> {
  if (next === undefined || standing?.continue_as === undefined || standing.continue_as === next) return standing ?? {};
  const { dealer_choice: _choice, typed_profile: _typed, ...rest } = standing;
  return rest;
}

/** The person cancels: forgets the choice at ⑩, in this request and for the next one. */
export async function cancelChoice(
  store: Records['interactionFacts'],
  key: FactsKey & { cid: string },
  { requestEnds }: Times,
): Promise<void> {
  await store.change(key.cid, (standing) => {
    const { dealer_choice: _choice, ...rest } = standing ?? {};
    return { ...rest, cancelled: true, expires_at: requestEnds };
  });
  const kept = keptId(key);
  if (kept) await forgetChoice(store, kept);
}

async function forgetChoice(store: Records['interactionFacts'], kept: string): Promise<void> {
  await store.change(kept, (standing) => {
    if (!standing?.dealer_choice) return undefined;
    const { dealer_choice: _choice, ...rest } = standing;
    return rest;
  });
}
