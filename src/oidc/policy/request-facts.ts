// Stores the decisions of a person in an authorization request. Some are kept for the next request of the same legacy user.
import type { Deps } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { Records } from '../../storage/records.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../../storage/storage.ts';

/** The same lifetime as a registration draft. */
const KEPT_MS = 24 * 60 * 60 * 1000;

const KEPT = ['dealer_choice', 'typed_profile', 'continue_as'] as const;
type KeptFacts = Pick<InteractionFacts, (typeof KEPT)[number]>;

const keptOf = (facts: Partial<InteractionFacts>): KeptFacts =>
  Object.fromEntries(KEPT.filter((name) => name in facts).map((name) => [name, facts[name]]));

/** The facts of a request. */
export type RequestFacts = Partial<InteractionFacts> & {
  /** The choice at ⑩ in an earlier request. It is only shown; the person has to press it again. */
  earlier_choice?: InteractionFacts['dealer_choice'];
};

/** Identifies the facts of a request, and the kept facts of the legacy user in this browser. */
export type FactsKey = {
  /** The `cid` of the request's interactions; `undefined` before the first page. */
  cid: string | undefined;
  legacy: StoredLegacyProfile | undefined;
  browserId: string | undefined;
};

/**
 * Returns the id of the kept facts of a legacy user. It includes the browser, so that a person who is lured into another one's
 * migration is asked for their own consent.
 */
function keptId({ legacy, browserId }: FactsKey): string | undefined {
  return legacy && browserId ? `legacy:${legacy.client_id}:${legacy.profile.legacy_id}:${browserId}` : undefined;
}

/** Reads the facts of a request, completed by those kept from an earlier request of the same legacy user. */
export async function readFacts({ storage, config }: Pick<Deps, 'storage' | 'config'>, key: FactsKey): Promise<RequestFacts> {
  const store = storage.interactionFacts;
  const kept = keptId(key);
  const { legacy, cid } = key;
  const [ofUser, ofRequest, migration] = await Promise.all([
    kept ? store.find(kept) : undefined,
    cid ? store.find(cid) : undefined,
    legacy ? storage.migrations.find(legacy.client_id, legacy.profile.legacy_id) : undefined,
  ]);
  // If the migration was undone since, ask again which ID to continue with.
  const counts = ofUser && ofUser.expires_at - KEPT_MS > (migration?.undone_at ?? 0);
  const { dealer_choice: earlier, ...standing } = keptOf(counts ? ofUser : {});
  const { dealer_choice: chosen, ...rest }: Partial<InteractionFacts> = ofRequest ?? {};
  // Ignore the choice of a dealer that was removed from the configuration since.
  const canBe = (choice: InteractionFacts['dealer_choice']): boolean =>
    choice !== undefined && (choice.dealer === null || config.dealers.some(({ code }) => code === choice.dealer));
  return {
    ...standing,
    ...rest,
    ...(canBe(chosen) && { dealer_choice: chosen }),
    ...(canBe(earlier) && { earlier_choice: earlier }),
  };
}

/** The current time, and when the facts of the request expire. */
type Times = { now: EpochMilliseconds; requestEnds: EpochMilliseconds };

/** Changes the facts of a request by a function of the stored ones. Keeps nothing for a later request. @returns the new facts */
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
 * Writes the person's decisions and input, and keeps them for the next request of the same legacy user. Of two tabs the later
 * press wins. A cancelled request accepts no choice of a dealer.
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
    const next = { ...ofSamePerson(standing, change), ...change, expires_at: requestEnds };
    if (!next.cancelled) return next;
    const { dealer_choice: _choice, ...withoutChoice } = next;
    return withoutChoice;
  });
  // The request was cancelled meanwhile, so also remove the choice that was kept above.
  if (facts?.cancelled && kept && 'dealer_choice' in change) await forgetChoice(store, kept);
}

/** Drops the decisions and input of one person if another one signs in in the same browser. */
function ofSamePerson(
  standing: InteractionFacts | undefined,
  { continue_as: next }: Partial<InteractionFacts>,
): Partial<InteractionFacts> {
  if (next === undefined || standing?.continue_as === undefined || standing.continue_as === next) return standing ?? {};
  const { dealer_choice: _choice, typed_profile: _typed, ...rest } = standing;
  return rest;
}

/** Marks the request as cancelled and forgets the choice at ⑩, also for the next request. */
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
