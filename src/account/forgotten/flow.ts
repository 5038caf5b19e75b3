// Resets a forgotten password with a mailed code and the birth date. The pages never reveal whether an address has an ID: until
// the right code is entered, every address gets the same treatment.
import { randomBytes } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { checkCode } from '../../authentication/one-time-code/check-code.ts';
import { issueNoCode } from '../../authentication/one-time-code/issue-code.ts';
import {
  birthdateFits,
  longCodeSlot,
  MAX_RESET_TRIES,
  PASSWORD_RESET_LIFETIME_MS,
  passwordResetSlot,
  RESET_TRIES_WINDOW_MS,
  resetsKey,
  RESETS_WINDOW_MS,
  resetTriesKey,
  type PasswordReset,
} from '../../domain/password-reset.ts';
import type { Outcome } from '../../storage/records.ts';

type ForgottenDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** Whether the mailbox gets its long code of the hour instead of a short one for this reset. */
type Length = { long: boolean };

/** Starts a reset and requests its code. Other resets of the same address continue. */
export async function beginReset(
  deps: ForgottenDeps,
  address: { email: string; canonical: string },
  from: Pick<PasswordReset, 'language' | 'interaction' | 'device'>,
  length: Length,
): Promise<PasswordReset> {
  const id = randomBytes(24).toString('base64url');
  const now = deps.clock();
  const reset: PasswordReset = {
    id,
    version: 0,
    expires_at: now + PASSWORD_RESET_LIFETIME_MS,
    email: address.email,
    email_canonical: address.canonical,
    ...from,
    started_at: now,
    sent_at: now,
    sent: 1,
  };
  await deps.storage.passwordResets.change(id, () => reset);
  await askForCode(deps, reset, length);
  return reset;
}

/** Requests another code, which replaces the last one. */
export async function askForCodeAgain(deps: ForgottenDeps, reset: PasswordReset, length: Length): Promise<void> {
  const { changed, now } = await changeReset(deps, reset, (standing) => ({
    ...standing,
    sent_at: deps.clock(),
    sent: standing.sent + 1,
  }));
  if (changed) await askForCode(deps, now, length);
}

/** Changes an existing reset. */
async function changeReset(
  { storage }: Pick<Deps, 'storage'>,
  { id }: PasswordReset,
  change: (standing: PasswordReset) => PasswordReset,
): Promise<Outcome<PasswordReset>> {
  return storage.passwordResets.change(id, (standing) => standing && change(standing));
}

/** Queues the job that looks up the address and mails the code. Nothing is looked up here, so the response reveals nothing. */
async function askForCode(deps: ForgottenDeps, reset: PasswordReset, { long }: Length): Promise<void> {
  await issueNoCode(deps, passwordResetSlot(reset), { askedAt: reset.sent_at });
  await deps.jobs.enqueue('mail_password_reset', `mail:password-reset:${reset.id}:${reset.sent}`, { reset: reset.id, long });
}

/** `reset_wrong` does not say what was wrong. `reset_over` means that the day's attempts with a right code are used up. */
export type ProofProblem = 'code_missing' | 'code_syntax' | 'reset_wrong' | 'reset_over';

/**
 * Checks the code and the birth date. Wrong codes use up only the attempts of the code, so that strangers cannot pause resets. An
 * attempt with the right code is counted before the birth date is compared. When these attempts are used up, resets pause for a
 * day: for the address, or only for the owner's known browser if the attempts came from there. The login still works.
 */
export async function proveOwner(
  deps: ForgottenDeps,
  reset: PasswordReset,
  typed: { code: string; birthdate: string | undefined },
): Promise<ProofProblem | undefined> {
  const { storage } = deps;
  const longSlot = longCodeSlot(deps.config.keys.passwordReset, reset.email_canonical);
  const checked = await checkCode(deps, passwordResetSlot(reset), typed.code, longSlot.id);
  if (checked.problem) return checked.problem === 'code_wrong' ? 'reset_wrong' : checked.problem;
  const { points } = await storage.counters.add(resetTriesKey(reset), 1, RESET_TRIES_WINDOW_MS);
  if (points > MAX_RESET_TRIES) return 'reset_over';
  const account = await storage.accounts.findByEmail(reset.email_canonical);
  const proven = account !== undefined && birthdateFits(account, typed.birthdate);
  if (!proven) return points === MAX_RESET_TRIES ? 'reset_over' : 'reset_wrong';
  await changeReset(deps, reset, (standing) =>
    standing.account_id === account.id ? standing : { ...standing, account_id: account.id },
  );
  // Last, so that the same code still works if an earlier step fails.
  await checked.takeOut();
  await storage.counters.remove(resetTriesKey(reset));
  return undefined;
}

/** Whether the proof is still valid: the account still has this address, and no new password was set since the reset started. */
export function stillHolds(reset: PasswordReset, account: Account): boolean {
  return account.email_canonical === reset.email_canonical && (account.password_changed_at ?? 0) < reset.started_at;
}

/** Records that the new password is set, and counts the reset. */
export async function completeReset(deps: ForgottenDeps, reset: PasswordReset): Promise<void> {
  await deps.storage.counters.add(resetsKey(reset), 1, RESETS_WINDOW_MS);
  await changeReset(deps, reset, (standing) => ({ ...standing, completed_at: deps.clock() }));
}
