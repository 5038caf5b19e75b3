// Job: send a mail.
import type { Mail } from '../domain/mails.ts';
import type { Mailer } from '../mail/mailer.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';

/** A code that comes later is of no use to anybody. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * A mail server's 5xx is final (RFC 5321 4.2.1); anything else is tried again.
 * A code whose minutes are over is not sent any more.
 */
export function createSendMail(mailer: Mailer, clock: () => number): JobHandler {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(payload, job) {
      if (!('values' in payload)) throw new PermanentJobError('it cannot be read: HMAC_KEY was another one when it was written');
      const mail = payload as Mail;
      if ('minutes' in mail.values && clock() > job.created_at + mail.values.minutes * 60_000)
        throw new PermanentJobError('the code has expired');
      try {
        await mailer.send(mail);
      } catch (error) {
        const code = (error as { responseCode?: number }).responseCode ?? 0;
        // The server's sentence may quote the address: it is no cause of what is logged.
        if (code >= 500) throw new PermanentJobError(`the mail server refused with ${code}`);
        // oxlint-disable-next-line preserve-caught-error
        throw new Error(`the mail server did not take it (${(error as { code?: string }).code ?? code})`);
      }
    },
  };
}
