// Limits the sessions and grants of an account by removing the oldest.
import type { ArtifactStore } from '../../storage/storage.ts';
import { revokeGrant } from '../grants/revoke-grant.ts';

/** Above what a person needs: browsers to sign in with, and grants of all services in a grant's lifetime. */
export const MOST_OF_AN_ACCOUNT = { Session: 100, Grant: 500 } as const;

/** How many are removed at most in one call. An account from before the limit may have more. */
const DROPPED_AT_ONCE = 50;

/** Removes the account's oldest sessions or grants above the limit, and their tokens and codes. Call it after one was added. */
export async function dropOldest(artifacts: ArtifactStore, model: string, { accountId }: { accountId?: unknown }): Promise<void> {
  if ((model !== 'Session' && model !== 'Grant') || typeof accountId !== 'string') return;
  const most = MOST_OF_AN_ACCOUNT[model];
  const tooMany = (await artifacts.listByAccount(model, accountId, most + DROPPED_AT_ONCE)).slice(most);
  await Promise.all(tooMany.map(async (id) => (model === 'Grant' ? revokeGrant(artifacts, id) : artifacts.destroy(model, id))));
}
