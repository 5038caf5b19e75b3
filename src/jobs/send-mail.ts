// Job that sends a mail.
import type { Deps } from '../deps.ts';
import type { Mail } from '../domain/mails.ts';
import { propertyOf } from '../property-of.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { ShownCode } from '../domain/shown-code.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';

/** Later the mail would be of no use. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/** What the jobs that send messages use. */
export type SendDeps = Pick<Deps, 'clock' | 'emit' | 'traces'> & {
  /** Whether another code has replaced this one; see `isReplaced`. */
  isReplaced(shown: ShownCode): Promise<boolean>;
};

/**
 * Creates the handler. A mail server's 5xx is permanent (RFC 5321 4.2.1); other errors are retried. A code that has expired, or that
 * another one has replaced, is not sent.
 */
export function createSendMail(mailer: Mailer, { clock, emit, traces, isReplaced }: SendDeps): JobHandler<Mail> {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(mail, job) {
      if (!('values' in mail)) throw new PermanentJobError('it cannot be read: HMAC_KEY was another one when it was written');
      if ('minutes' in mail.values) {
        if (clock() > job.created_at + mail.values.minutes * 60_000) throw new PermanentJobError('the code has expired');
        if (await isReplaced(mail.values)) {
          emit('mail', { template: mail.template, outcome: 'replaced' });
          return;
        }
      }
      try {
        await traces.span('client', 'mail', { 'common_id.mail': mail.template }, async () => mailer.send(mail));
      } catch (error) {
        const code = Number(propertyOf(error, 'responseCode') ?? 0);
        // The server's message may contain the address, so it must not reach the log as a cause.
        if (code >= 500) throw new PermanentJobError(`the mail server refused with ${code}`);
        emit('mail', { template: mail.template, outcome: 'retried' });
        // oxlint-disable-next-line preserve-caught-error
        throw new Error(`the mail server did not accept the mail (${String(propertyOf(error, 'code') ?? code)})`);
      }
      emit('mail', { template: mail.template, outcome: 'sent' });
    },
    // The values of a mail that nobody can read are encrypted; its name is not there then.
    async gaveUp(mail) {
      emit('mail', { template: 'template' in mail ? mail.template : 'other', outcome: 'failed' });
    },
  };
}
