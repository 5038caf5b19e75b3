// Job: mails the code of a password reset if the address has an ID. This runs in a job and not in the request, so that the
// response time does not reveal which addresses have one.
import type { Deps } from '../../deps.ts';
import { isDisabledByOperator } from '../../domain/disabled-account.ts';
import { idDisabledMail } from '../../authentication/disabled-id.ts';
import { CODE_LIFETIME_MS, LONG_CODE_DIGITS, SHORT_CODE_DIGITS } from '../../authentication/one-time-code/code.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { issueCode } from '../../authentication/one-time-code/issue-code.ts';
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

type MailDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

const HOUR_MS = 60 * 60 * 1000;

/** Makes the job's handler. It gives up after the lifetime of a code. */
export function createMailPasswordReset(deps: MailDeps): JobHandler {
  const { config, storage, jobs } = deps;
  const codeLimits = createCodeLimits(deps);
  return {
    giveUpAfterMs: CODE_LIFETIME_MS,
    async run(payload, job) {
      const reset = await storage.passwordResets.find(String(payload.reset));
      // The reset has ended, or the code was already entered.
      if (!reset || reset.account_id !== undefined) return;
      const account = await storage.accounts.findByEmail(reset.email_canonical);
      if (!account || (account.disabled_at !== undefined && !isDisabledByOperator(account))) return;
      const long = payload.long === true;
      // The mailbox has used up its mails of the hour. The last of them has a long code, which is valid in this reset too.
      if (long && !(await isFirstOfTheHour(reset, job))) return;
      const mail = { to: account.email, language: reset.language };
      if (isDisabledByOperator(account)) {
        const told = { to: account.email, ...idDisabledMail(account, reset.language) };
        await jobs.enqueue('send_mail', `${job.key}:disabled`, told);
      } else if (await isPaused(deps, reset)) {
        await jobs.enqueue('send_mail', `${job.key}:paused`, { ...mail, template: 'password-reset-paused', values: {} });
      } else {
        const { slot, ...options } = long ? longCode(reset) : shortCode(reset);
        await issueCode(
          deps,
          slot,
          // The key contains the attempt, because the code of an attempt that died half-way is no longer valid.
          async (values) =>
            jobs.enqueue('send_mail', `${job.key}:${job.attempts}`, { ...mail, template: 'password-reset-code', values }),
          { ...options, askedAt: reset.sent_at, storeFirst: true },
        );
      }
      // Count only codes that are really sent.
      await codeLimits.sent();
    },
  };

  /** Whether this is the first long code in this hour. A retried job may continue with its own. */
  async function isFirstOfTheHour({ email_canonical: address }: PasswordReset, { attempts }: Job): Promise<boolean> {
    return (await codeLimits.isFirstLongCode(address)) || attempts > 1;
  }

  /** Returns the options of a code that is valid only in this reset. */
  function shortCode(reset: PasswordReset) {
    return { slot: passwordResetSlot(reset), digits: SHORT_CODE_DIGITS, keepAttempts: true } as const;
  }

  /** Returns the options of a code that is valid in every reset of the address, until the mailbox can get the next one. */
  function longCode(reset: PasswordReset) {
    const slot = longCodeSlot(config.keys.passwordReset, reset.email_canonical);
    return { slot, digits: LONG_CODE_DIGITS, lifetimeMs: HOUR_MS } as const;
  }
}

async function isPaused({ storage }: MailDeps, reset: PasswordReset): Promise<boolean> {
  const [tries, resets] = await Promise.all([storage.counters.get(resetTriesKey(reset)), storage.counters.get(resetsKey(reset))]);
  return (tries?.points ?? 0) >= MAX_RESET_TRIES || (resets?.points ?? 0) >= MAX_RESETS_A_DAY;
}
