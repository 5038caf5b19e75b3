// Legacy users who have come, have not finished, and were not seen for some days: where they stopped, and what can be done.
import type { Deps } from '../../deps.ts';
import { createLegacyUserIds } from '../../domain/legacy-user-ids.ts';
import { iso } from '../../domain/iso-time.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';
import { lastStepOf, roadOf, type FunnelFailure, type FunnelStep, type LegacyUser } from '../../domain/population.ts';
import { maskedLegacyId } from '../account-state.ts';
import { noteCampaignLook } from './note-campaign-look.ts';

/** What helps a person who is stuck. */
export type Help = 'invite_again' | 'ask_by_telephone' | 'sign_in_with_the_id' | 'open_a_case';

export type StuckUser = {
  /** The name of the record. */
  id: string;
  client_id: string;
  /** Masked unless it was asked for. */
  legacy_id: string;
  last_step: FunnelStep;
  /** ISO 8601. */
  seen_at: string;
  days: number;
  road?: 'new_id' | 'has_id';
  segment?: string;
  failure?: FunnelFailure;
  help: Help;
};

/** The place in the list after which it goes on. */
export type StuckCursor = { since: number; id: string };

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Lists those who were not seen for at least so many days, the longest first. The look is an event of the ledger, written first.
 * @param asked.clientId the legacy site; others' are left out
 * @returns the page, and where the next one begins
 */
export async function listStuckUsers(
  deps: Pick<Deps, 'storage' | 'config' | 'clock'>,
  asked: { clientId: string; days: number; limit: number; after?: StuckCursor | undefined; unmask?: boolean },
  action: OperatorAction,
): Promise<{ users: StuckUser[]; next: StuckCursor | undefined }> {
  const { storage, config, clock } = deps;
  await noteCampaignLook(deps, asked.clientId, 'stuck', action);
  const now = clock();
  const ids = createLegacyUserIds(config.keys);
  const page = await storage.population.listWaiting(now - asked.days * DAY_MS + 1, asked.limit, asked.after);
  const last = page.length < asked.limit ? undefined : page.at(-1);
  const tell = (user: LegacyUser): StuckUser => {
    const { id, client_id, seen_at: seen = 0, segment, failure } = user;
    const [road, legacyId] = [roadOf(user), ids.legacyIdOf(user)];
    return {
      id,
      client_id,
      legacy_id: asked.unmask ? legacyId : maskedLegacyId(legacyId),
      last_step: lastStepOf(user) ?? 'came',
      seen_at: iso(seen),
      days: Math.floor((now - seen) / DAY_MS),
      ...(road && { road }),
      ...(segment !== undefined && { segment }),
      ...(failure && { failure: failure.reason }),
      help: helpFor(user),
    };
  };
  return {
    users: page.filter(({ client_id: of }) => of === asked.clientId).map(tell),
    next: last?.seen_at === undefined ? undefined : { since: last.seen_at, id: last.id },
  };
}

function helpFor({ failure, reached, sealed_email: email }: LegacyUser): Help {
  if (failure?.reason === 'linked_to_another_account') return 'open_a_case';
  if (failure?.reason === 'address_registered' || failure?.reason === 'legacy_registered') return 'sign_in_with_the_id';
  if (reached.registered !== undefined && reached.signed_in === undefined) return 'sign_in_with_the_id';
  return email === undefined ? 'ask_by_telephone' : 'invite_again';
}
