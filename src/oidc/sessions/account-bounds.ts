// An account has so many sessions and grants at most; the oldest go when one too many comes.
import type { ArtifactStore } from '../../storage/storage.ts';
import { revokeGrant } from '../grants/revoke-grant.ts';

/** More browsers than a person signs in with, and more grants than their services are given in the grants' lifetime. */
export const MOST_OF_AN_ACCOUNT = { Session: 100, Grant: 500 } as const;

/** So many go at once, where an account has more from before there was a bound. */
const DROPPED_AT_ONCE = 50;

/** To be called when one was made: removes the oldest of its account beyond the bound, and what was given with them. */
export async function dropOldest(artifacts: ArtifactStore, model: string, { accountId }: { accountId?: unknown }): Promise<void> {
  if ((model !== 'Session' && model !== 'Grant') || typeof accountId !== 'string') return;
  const most = MOST_OF_AN_ACCOUNT[model];
  const tooMany = (await artifacts.listByAccount(model, accountId, most + DROPPED_AT_ONCE)).slice(most);
  await Promise.all(tooMany.map(async (id) => (model === 'Grant' ? revokeGrant(artifacts, id) : artifacts.destroy(model, id))));
}
