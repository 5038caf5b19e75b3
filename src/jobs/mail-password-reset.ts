// Job: mail the code of a password reset – to an address that has an ID; for others nothing is done. Here and not in the request, because
// the time of an answer must not tell which addresses have one.
import type { Deps } from '../deps.ts';
import { codeHmac, drawCode, EMAIL_CODE_LIFETIME_MS } from '../domain/email-code.ts';
import {
  MAX_RESET_TRIES,
  MAX_RESETS_A_DAY,
  passwordResetSlot,
  resetsKey,
  resetTriesKey,
  type PasswordReset,
} from '../domain/password-reset.ts';
import type { JobHandler } from './runner.ts';

type MailDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

export function createMailPasswordReset(deps: MailDeps): JobHandler {
  const { config, storage, clock, jobs } = deps;
  return {
    giveUpAfterMs: EMAIL_CODE_LIFETIME_MS,
    async run(payload, job) {
      const reset = await storage.passwordResets.find(String(payload.reset));
      // Begun anew meanwhile, or over.
      if (!reset || reset.flow !== payload.flow || reset.account_id !== undefined) return;
      const account = await storage.accounts.findByEmail(reset.email_canonical);
      if (!account || account.disabled_at !== undefined) return;
      const mail = { to: account.email, language: reset.language };
      if (await isPaused(deps, reset)) {
        return jobs.enqueue('send_mail', `${job.key}:paused`, { ...mail, template: 'password-reset-paused', values: {} });
      }
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
      const values = { code, minutes: EMAIL_CODE_LIFETIME_MS / 60_000 };
      // The attempt is in the key: the code of an attempt that died half-way is not the one that counts.
      await jobs.enqueue('send_mail', `${job.key}:${job.attempts}`, { ...mail, template: 'password-reset-code', values });
    },
  };
}

async function isPaused({ storage }: MailDeps, reset: PasswordReset): Promise<boolean> {
  const [tries, resets] = await Promise.all([storage.counters.get(resetTriesKey(reset)), storage.counters.get(resetsKey(reset))]);
  return (tries?.points ?? 0) >= MAX_RESET_TRIES || (resets?.points ?? 0) >= MAX_RESETS_A_DAY;
}
