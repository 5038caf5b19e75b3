// Counts how far a legacy user has come, for the funnel of the migration.
import type { Deps } from '../deps.ts';
import { deviceClass } from '../domain/device-class.ts';
import type { TakenStep } from '../storage/records.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../storage/storage.ts';

/** Counts a step; does nothing if no legacy identity was handed over. Call it before the write that the step belongs to. */
export type FollowLegacyUser = (taken: TakenStep) => Promise<void>;

/** Makes the function. @param userAgent the header, which tells the kind of device */
export function createFollowLegacyUser(
  { storage }: Pick<Deps, 'storage'>,
  legacy: StoredLegacyProfile | undefined,
  userAgent: string,
): FollowLegacyUser {
  const device = deviceClass(userAgent);
  return async (taken) => {
    if (!legacy) return;
    const identity = { clientId: legacy.client_id, legacyId: legacy.profile.legacy_id };
    await storage.population.follow(identity, { ...taken, ...(device && { device }) });
  };
}

/** Counts the steps that facts of a request mean. */
export async function followFacts(follow: FollowLegacyUser, change: Partial<InteractionFacts>): Promise<void> {
  if (change.dealer_choice !== undefined) await follow({ step: 'dealer_decided' });
  if (change.continue_as !== undefined) await follow({ step: 'signed_in' });
}
