// Job that sends an SMS: a code, or a notice.
import type { Sms } from '../domain/sms.ts';
import { SmsRefused, type SmsGateway } from '../sms/sms-gateway.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';
import type { SendDeps } from './send-mail.ts';

/** Longer than any code is valid; a notice is late after a day. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Creates the handler. The gateway gets the same id with each attempt. A code that has expired, or that another one
 * has replaced, is not sent.
 * @param gateway `undefined` if SMS_URL is not set any more
 */
export function createSendSms(gateway: SmsGateway | undefined, { clock, emit, traces, isReplaced }: SendDeps): JobHandler<Sms> {
  // An SMS that cannot be read has no template.
  const tell = (
    { template = 'login-number-code' }: Partial<Pick<Sms, 'template'>>,
    outcome: 'sent' | 'retried' | 'replaced' | 'failed',
  ): void => emit('sms', { template, outcome });
  const fail = (reason: string): never => {
    throw new PermanentJobError(reason);
  };
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(sms, job, signal) {
      if (!('values' in sms)) return fail('it cannot be read: HMAC_KEY was another one when it was written');
      if (sms.template === 'login-number-code') {
        if (clock() > job.created_at + sms.values.minutes * 60_000) return fail('the code has expired');
        if (await isReplaced(sms.values)) return tell(sms, 'replaced');
      }
      if (!gateway) return fail('SMS_URL is not set');
      try {
        const send = async (): Promise<void> => gateway.send(smsId(job.key), sms, clock(), signal);
        await traces.span('client', 'sms', { 'common_id.sms': sms.template }, send);
      } catch (error) {
        if (error instanceof SmsRefused) return fail(error.message);
        tell(sms, 'retried');
        throw error;
      }
      tell(sms, 'sent');
    },
    gaveUp: async (sms) => tell(sms, 'failed'),
  };
}

/** Returns the id for the gateway. Standard Webhooks separates the signed parts by dots, so the id has none. */
function smsId(jobKey: string): string {
  return jobKey.replaceAll(/[^\w:-]/g, '-');
}
