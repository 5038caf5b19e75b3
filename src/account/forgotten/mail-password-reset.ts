// Job: mail the code of a password reset – to an address that has an ID; for others nothing is done. Here and not in the request, because
// the time of an answer must not tell which addresses have one.
import type { Deps } from '../../deps.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import { CODES_SENT_KEY, HOUR_MS, longCodeKey } from '../../authentication/one-time-code/code-budget.ts';
import {
  codeHmac,
  drawCode,
  EMAIL_CODE_LIFETIME_MS,
  formatCode,
  LONG_CODE_DIGITS,
} from '../../authentication/one-time-code/email-code.ts';
import {
  longCodeSlot,
  MAX_RESET_TRIES,
  MAX_RESETS_A_DAY,
  passwordResetSlot,
  resetsKey,
  resetTriesKey,
  type PasswordReset,
} from '../../domain/password-reset.ts';
import type { Job } from '../../storage/storage.ts';
import type { JobHandler } from '../../jobs/runner.ts';

type MailDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

export function createMailPasswordReset(deps: MailDeps): JobHandler {
  const { config, storage, clock, jobs } = deps;
  return {
    giveUpAfterMs: EMAIL_CODE_LIFETIME_MS,
    async run(payload, job) {
      const reset = await storage.passwordResets.find(String(payload.reset));
      // Over, or proven meanwhile.
      if (!reset || reset.account_id !== undefined) return;
      const account = await storage.accounts.findByEmail(reset.email_canonical);
      if (!account || account.disabled_at !== undefined) return;
      const long = payload.long === true;
      // The mailbox has had its mails of the hour; the last of them has a code that counts in this reset too.
      if (long && !(await isFirstOfTheHour(reset, job))) return;
      const mail = { to: account.email, language: reset.language };
      if (await isPaused(deps, reset)) {
        await jobs.enqueue('send_mail', `${job.key}:paused`, { ...mail, template: 'password-reset-paused', values: {} });
      } else {
        const { code, minutes } = await (long ? putLongCode(reset) : putCode(reset));
        const values = { code: formatCode(code), minutes };
        // The attempt is in the key: the code of an attempt that died half-way is not the one that counts.
        await jobs.enqueue('send_mail', `${job.key}:${job.attempts}`, { ...mail, template: 'password-reset-code', values });
      }
      // Only what is sent counts.
      await storage.counters.add(CODES_SENT_KEY, 1, HOUR_MS);
    },
  };

  /** One long code an hour; a job that failed half-way goes on with its own. */
  async function isFirstOfTheHour({ email_canonical: address }: PasswordReset, { attempts }: Job): Promise<boolean> {
    const { points } = await storage.counters.add(longCodeKey(mailboxOf(address)), 1, HOUR_MS);
    return points === 1 || attempts > 1;
  }

  /** A code that counts in this reset alone. */
  async function putCode(reset: PasswordReset): Promise<{ code: string; minutes: number }> {
    const code = drawCode();
    const slot = passwordResetSlot(reset);
    const standing = await storage.emailCodes.find(slot);
    await storage.emailCodes.put({
      id: slot,
      code_hmac: codeHmac(config.keys.emailCode, slot, reset.email_canonical, code),
      email_canonical: reset.email_canonical,
      attempts: standing?.attempts ?? 0,
      sent_at: reset.sent_at,
      expires_at: clock() + EMAIL_CODE_LIFETIME_MS,
    });
    return { code, minutes: EMAIL_CODE_LIFETIME_MS / 60_000 };
  }

  /** A code that counts in every reset of the address, until the next one can come. */
  async function putLongCode(reset: PasswordReset): Promise<{ code: string; minutes: number }> {
    const code = drawCode(LONG_CODE_DIGITS);
    const slot = longCodeSlot(config.keys.passwordReset, reset.email_canonical);
    await storage.emailCodes.put({
      id: slot,
      code_hmac: codeHmac(config.keys.emailCode, slot, reset.email_canonical, code),
      email_canonical: reset.email_canonical,
      attempts: 0,
      sent_at: reset.sent_at,
      expires_at: clock() + HOUR_MS,
    });
    return { code, minutes: HOUR_MS / 60_000 };
  }
}

async function isPaused({ storage }: MailDeps, reset: PasswordReset): Promise<boolean> {
  const [tries, resets] = await Promise.all([storage.counters.get(resetTriesKey(reset)), storage.counters.get(resetsKey(reset))]);
  return (tries?.points ?? 0) >= MAX_RESET_TRIES || (resets?.points ?? 0) >= MAX_RESETS_A_DAY;
}
