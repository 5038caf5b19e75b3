// A forgotten password: the code that is mailed to the address, the birth date, the new password. A page never tells whether an address
// has an ID: until the right code comes back, the same is done for every address.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { codeHmac, EMAIL_CODE_LIFETIME_MS, EMAIL_CODE_MAX_ATTEMPTS, parseCode, sameHmac } from '../../domain/email-code.ts';
import {
  birthdateFits,
  MAX_RESET_TRIES,
  PASSWORD_RESET_LIFETIME_MS,
  passwordResetId,
  passwordResetSlot,
  RESET_TRIES_WINDOW_MS,
  resetsKey,
  RESETS_WINDOW_MS,
  resetTriesKey,
  type PasswordReset,
} from '../../domain/password-reset.ts';
import type { Outcome } from '../../storage/records.ts';

type ForgottenDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** Begins a reset; one that was begun for this address before is dead from here on. */
export async function beginReset(
  deps: ForgottenDeps,
  address: { email: string; canonical: string },
  from: Pick<PasswordReset, 'language' | 'interaction' | 'device'>,
): Promise<PasswordReset> {
  const { storage, clock, config } = deps;
  const id = passwordResetId(config.keys.passwordReset, address.canonical);
  const now = clock();
  const reset: PasswordReset = {
    id,
    version: 0,
    expires_at: now + PASSWORD_RESET_LIFETIME_MS,
    flow: randomBytes(24).toString('base64url'),
    email: address.email,
    email_canonical: address.canonical,
    ...from,
    started_at: now,
    sent_at: now,
    sent: 1,
  };
  await storage.passwordResets.change(id, () => reset);
  await askForCode(deps, reset);
  return reset;
}

/** Another code in place of the last one, which is dead. */
export async function askForCodeAgain(deps: ForgottenDeps, reset: PasswordReset): Promise<void> {
  const { changed, now } = await changeReset(deps, reset, (standing) => ({
    ...standing,
    sent_at: deps.clock(),
    sent: standing.sent + 1,
  }));
  if (changed) await askForCode(deps, now);
}

/** Changes the reset that this browser began; one that was begun anew since is not it, and stays as it is. */
async function changeReset(
  { storage }: Pick<Deps, 'storage'>,
  { id, flow }: PasswordReset,
  change: (standing: PasswordReset) => PasswordReset,
): Promise<Outcome<PasswordReset>> {
  return storage.passwordResets.change(id, (standing) => (standing?.flow === flow ? change(standing) : undefined));
}

/** The job looks the address up and mails; here nobody knows, so that neither answer nor time can tell. */
async function askForCode({ storage, jobs, clock }: ForgottenDeps, reset: PasswordReset): Promise<void> {
  await storage.emailCodes.put({
    id: passwordResetSlot(reset),
    // No code matches this.
    code_hmac: `none:${randomUUID()}`,
    email_canonical: reset.email_canonical,
    attempts: 0,
    sent_at: reset.sent_at,
    expires_at: clock() + EMAIL_CODE_LIFETIME_MS,
  });
  await jobs.enqueue('mail_password_reset', `mail:password-reset:${reset.flow}:${reset.sent}`, {
    reset: reset.id,
    flow: reset.flow,
  });
}

/** `reset_wrong` says nothing about what was wrong; `reset_over` comes when all tries of the day are used up, right or not. */
export type ProofProblem = 'code_missing' | 'code_syntax' | 'reset_wrong' | 'reset_over';

/**
 * Whether code and birth date are right. Every try counts in one budget, before anything is compared, whichever of the two is wrong;
 * when it is used up, resets rest for a day – of this address, or where the owner's own browser used it up, in that browser. Logging in
 * is not touched by that.
 */
export async function proveOwner(
  deps: ForgottenDeps,
  reset: PasswordReset,
  typed: { code: string; birthdate: string | undefined },
): Promise<ProofProblem | undefined> {
  const { config, storage } = deps;
  const parsed = parseCode(typed.code);
  if (!parsed.ok) return `code_${parsed.reason}`;
  const slot = passwordResetSlot(reset);
  const { points } = await storage.counters.add(resetTriesKey(reset), 1, RESET_TRIES_WINDOW_MS);
  const kept = await storage.emailCodes.countAttempt(slot, EMAIL_CODE_MAX_ATTEMPTS);
  if (points > MAX_RESET_TRIES) return 'reset_over';

  const expected = codeHmac(config.keys.emailCode, slot, reset.email_canonical, parsed.code);
  const codeIsRight = kept !== undefined && sameHmac(kept.code_hmac, expected);
  const account = codeIsRight ? await storage.accounts.findByEmail(reset.email_canonical) : undefined;
  const proven = account !== undefined && birthdateFits(account, typed.birthdate);
  if (!proven || !(await storage.emailCodes.consume(slot, expected)))
    return points === MAX_RESET_TRIES ? 'reset_over' : 'reset_wrong';
  await changeReset(deps, reset, (standing) => ({ ...standing, account_id: account.id }));
  await storage.counters.remove(resetTriesKey(reset));
  return undefined;
}

/** Whether what was proven still holds: the address is the account's, and the password was not set since, by this reset or in another way. */
export function stillHolds(reset: PasswordReset, account: Account): boolean {
  return account.email_canonical === reset.email_canonical && (account.password_changed_at ?? 0) < reset.started_at;
}

/** Notes that the new password is set. */
export async function completeReset(deps: ForgottenDeps, reset: PasswordReset): Promise<void> {
  await deps.storage.counters.add(resetsKey(reset), 1, RESETS_WINDOW_MS);
  await changeReset(deps, reset, (standing) => ({ ...standing, completed_at: deps.clock() }));
}
