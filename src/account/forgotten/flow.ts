// Resets a forgotten password with a mailed code and the birth date. The pages never reveal whether an address has an ID: until
// the right code is entered, every address gets the same treatment.
import { randomBytes } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { refuseDisabled } from '../../authentication/disabled-id.ts';
import { afterAttempts, checkCode } from '../../authentication/one-time-code/check-code.ts';
import { parseCode, SHORT_CODE_DIGITS } from '../../authentication/one-time-code/code.ts';
import { shortCodesAreOver } from '../../authentication/one-time-code/code-tries.ts';
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

type ForgottenDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

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
export type RefusedProof = {
  problem: 'code_missing' | 'code_syntax' | 'code_dead' | 'reset_wrong' | 'reset_over';
  left?: number;
};

/**
 * Checks the code and the birth date. Wrong codes use up only the attempts of the code, so that strangers cannot pause resets. An
 * attempt with the right code is counted before the birth date is compared. When these attempts are used up, resets pause for a
 * day: for the address, or only for the owner's known browser if the attempts came from there. The login still works.
 * @returns why the proof was refused; `undefined` if the reset may go on
 */
export async function proveOwner(
  deps: ForgottenDeps,
  reset: PasswordReset,
  typed: { code: string; birthdate: string | undefined },
): Promise<RefusedProof | undefined> {
  const { storage } = deps;
  const longSlot = longCodeSlot(deps.config.keys.passwordReset, reset.email_canonical);
  const wrong = await countTry(deps, reset, typed.code);
  const checked = await checkCode(deps, passwordResetSlot(reset), typed.code, longSlot.id);
  if (checked.problem === 'code_missing' || checked.problem === 'code_syntax') return { problem: checked.problem };
  if (checked.problem) return wrong;
  const { points } = await storage.counters.add(resetTriesKey(reset), 1, RESET_TRIES_WINDOW_MS);
  if (points > MAX_RESET_TRIES) return { problem: 'reset_over' };
  const account = await storage.accounts.findByEmail(reset.email_canonical);
  const proven = account !== undefined && birthdateFits(account, typed.birthdate);
  if (proven) refuseDisabled(account);
  if (!proven) return points === MAX_RESET_TRIES ? { problem: 'reset_over' } : wrong;
  await changeReset(deps, reset, (standing) =>
    standing.account_id === account.id ? standing : { ...standing, account_id: account.id },
  );
  // Last, so that the same code still works if an earlier step fails.
  await checked.takeOut();
  await storage.counters.remove(resetTriesKey(reset));
  return undefined;
}

/**
 * Counts an attempt with a short code. The answer to a wrong one must not depend on the slot: the job stores the code of an address that
 * has an ID a moment later, so the moment in which the slot expires would reveal it.
 * @returns the answer if the proof turns out to be wrong
 */
async function countTry(deps: ForgottenDeps, reset: PasswordReset, typed: string): Promise<RefusedProof> {
  const parsed = parseCode(typed);
  if (!parsed.ok || parsed.code.length !== SHORT_CODE_DIGITS) return { problem: 'reset_wrong' };
  if (await shortCodesAreOver(deps, reset.email_canonical)) return { problem: 'code_dead' };
  const key = `password-reset-code:${reset.id}:${reset.sent}`;
  const { points } = await deps.storage.counters.add(key, 1, PASSWORD_RESET_LIFETIME_MS);
  const { problem, ...left } = afterAttempts(points);
  return { problem: problem === 'code_dead' ? problem : 'reset_wrong', ...left };
}

/** Whether the proof is still valid: the account still has this address, is not disabled, and got no new password since the reset started. */
export function stillHolds(reset: PasswordReset, account: Account): boolean {
  const isTheirs = account.email_canonical === reset.email_canonical && (account.password_changed_at ?? 0) < reset.started_at;
  return isTheirs && account.disabled_at === undefined;
}

/** Records that the new password is set, and counts the reset. */
export async function completeReset(deps: ForgottenDeps, reset: PasswordReset): Promise<void> {
  await deps.storage.counters.add(resetsKey(reset), 1, RESETS_WINDOW_MS);
  await changeReset(deps, reset, (standing) => ({ ...standing, completed_at: deps.clock() }));
}
