// What a person decided in an authorization request, and what of it still holds when the same legacy user starts again.
import type { Deps } from '../deps.ts';
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Records } from '../storage/records.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../storage/storage.ts';

/** As long as the registration's draft. */
const KEPT_MS = 24 * 60 * 60 * 1000;

const KEPT = ['dealer_choice', 'typed_profile', 'continue_as'] as const;
type KeptFacts = Pick<InteractionFacts, (typeof KEPT)[number]>;

const keptOf = (facts: Partial<InteractionFacts>): KeptFacts =>
  Object.fromEntries(KEPT.filter((name) => name in facts).map((name) => [name, facts[name]]));

/** Whose facts: those of the request, and those of the legacy user in this browser. */
export type FactsKey = {
  /** The `cid` of the request's interactions; none before the first page. */
  cid: string | undefined;
  legacy: StoredLegacyProfile | undefined;
  browserId: string | undefined;
};

/**
 * Where the choices of a legacy user are kept beyond one request. Of this browser only: whoever is lured into another one's
 * migration is asked for their own consent.
 */
function keptId({ legacy, browserId }: FactsKey): string | undefined {
  return legacy && browserId ? `legacy:${legacy.client_id}:${legacy.profile.legacy_id}:${browserId}` : undefined;
}

export async function readFacts(
  { storage, config }: Pick<Deps, 'storage' | 'config'>,
  key: FactsKey,
): Promise<Partial<InteractionFacts>> {
  const store = storage.interactionFacts;
  const kept = keptId(key);
  const { legacy, cid } = key;
  const [ofUser, ofRequest, migration] = await Promise.all([
    kept ? store.find(kept) : undefined,
    cid ? store.find(cid) : undefined,
    legacy ? storage.migrations.find(legacy.client_id, legacy.profile.legacy_id) : undefined,
  ]);
  // Whoever has undone a migration since is asked again with which ID to go on.
  const counts = ofUser && ofUser.expires_at - KEPT_MS > (migration?.undone_at ?? 0);
  const facts = { ...keptOf(counts ? ofUser : {}), ...ofRequest };
  const chosen = facts.dealer_choice?.dealer;
  // A dealer that has left the configuration since cannot be linked with: the person has not chosen.
  if (chosen && !config.dealers.some(({ code }) => code === chosen)) delete facts.dealer_choice;
  return facts;
}

/** Writes facts of a request; what the person chose and typed is kept for the next request too. Of two tabs the later press wins. */
export async function writeFacts(
  store: Records['interactionFacts'],
  key: FactsKey & { cid: string },
  change: Partial<InteractionFacts>,
  now: EpochMilliseconds,
  requestEnds: EpochMilliseconds,
): Promise<void> {
  const keep = keptOf(change);
  const kept = keptId(key);
  await Promise.all([
    put(store, key.cid, change, requestEnds),
    kept && Object.keys(keep).length ? keepFacts(store, kept, keep, now + KEPT_MS) : undefined,
  ]);
}

/** What one person chose and typed is nothing to another who signs in in the same browser. */
async function keepFacts(
  store: Records['interactionFacts'],
  id: string,
  keep: KeptFacts,
  expiresAt: EpochMilliseconds,
): Promise<void> {
  const before = keep.continue_as === undefined ? undefined : (await store.find(id))?.continue_as;
  if (before !== undefined && before !== keep.continue_as) await store.remove(id);
  await put(store, id, keep, expiresAt);
}

async function put(
  store: Records['interactionFacts'],
  id: string,
  change: Partial<InteractionFacts>,
  expiresAt: EpochMilliseconds,
): Promise<void> {
  await store.change(id, (standing) => ({ ...standing, ...change, expires_at: expiresAt }));
}
