// Undoes a change of address with the link in the mail to the old address. The old mailbox alone is not enough: it may belong to
// somebody else now, who could then reset the password and take over the ID. So the person must also enter a password of the ID.
// The current one counts, and so does one from when the address changed or from the three days before, in case a thief has
// changed both.
import type { Deps } from '../../deps.ts';
import { readAccountToken } from '../../domain/account-token.ts';
import { sameSecret } from '../../domain/same-secret.ts';
import { withSignInsEnded, type Account, type EmailBefore } from '../../domain/account.ts';
import type { HashAsker } from '../../authentication/password/password-hash.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { AlreadyExists } from '../../storage/storage.ts';
import { passwordChangedMail } from '../../authentication/password/set-password.ts';

type UndoDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'hasher'>;

/** A change of address that a token can still undo. */
export type Undo = { account: Account; before: EmailBefore };

/** Finds the change that a token can undo. @returns `undefined` if there is none, or no longer */
export async function findUndo({ storage, clock }: UndoDeps, token: string): Promise<Undo | undefined> {
  const { accountId, digest } = readAccountToken(token);
  const account = await storage.accounts.find(accountId);
  if (!account || account.disabled_at !== undefined) return undefined;
  const before = account.emails_before?.[undoIndex(account, digest, clock())];
  return before && { account, before };
}

/** Whether this is the current password of the ID, or one from around the change of address. */
export async function knowsPassword(
  { hasher }: UndoDeps,
  { account, before }: Undo,
  password: string,
  asker: HashAsker,
): Promise<boolean> {
  for (const hash of new Set([account.password_hash, ...(before.password_hashes ?? [])])) {
    if (await hasher.verify(password, hash, asker)) return true;
  }
  return false;
}

/**
 * Gives the ID its old address and a new password, and ends every session, grant and token.
 * @returns whether the change was undone; `false` if it was undone before, or if another ID has the old address now
 */
export async function undoEmail(deps: UndoDeps, access: AccountAccess, token: string, passwordHash: string): Promise<boolean> {
  const { accountId, digest } = readAccountToken(token);
  const now = deps.clock();
  const restored = await changeAndTell(deps, accountId, 'account.email_change_undone', (standing) => {
    const {
      email_change: _wanted,
      passwords_before: _passwords,
      emails_before: earlier = [],
      ...rest
    } = withSignInsEnded(standing, now);
    const index = undoIndex(standing, digest, now);
    const before = earlier[index];
    if (!before || standing.disabled_at !== undefined) return undefined;
    const to = {
      ...rest,
      email: before.email,
      email_canonical: before.email_canonical,
      email_verified_at: now,
      // Later addresses cannot be restored after this; earlier ones can.
      emails_before: earlier.slice(0, index),
      password_hash: passwordHash,
      password_changed_at: now,
    };
    return { to, mails: [passwordChangedMail(deps, to, now)] };
  }).catch((error: unknown) => {
    // Another ID has the old address now. It belongs to the same mailbox, so support can undo the change by hand.
    if (error instanceof AlreadyExists) return undefined;
    throw error;
  });
  if (!restored) return false;
  await access.endAll(accountId);
  return true;
}

function undoIndex({ emails_before: earlier = [] }: Account, digest: string, now: number): number {
  return earlier.findIndex(({ undo_sha256: expected, undo_until: until }) => now < until && sameSecret(digest, expected));
}
