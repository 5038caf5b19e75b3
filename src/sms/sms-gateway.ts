// Hands SMS to the operator's gateway, which sends them with a provider.
import { propertyOf } from '../property-of.ts';
import type { Sms } from '../domain/sms.ts';
import { boundedFetch } from '../http/bounded-fetch.ts';
import { signWebhook } from '../http/webhook-signature.ts';
import { createSmsRenderer } from './render-sms.ts';

/** The gateway refused the SMS for good: it would refuse it again. */
export class SmsRefused extends Error {
  override name = 'SmsRefused';
}

export type SmsGateway = {
  /**
   * Sends an SMS.
   * @param id the same each time that this SMS is sent, so that the gateway can drop a repetition
   * @param now epoch milliseconds
   * @throws {SmsRefused} the gateway answered 400 or 422
   * @throws {Error} the gateway did not accept it now. No message contains the number or the text.
   */
  send(id: string, sms: Sms, now: number, signal: AbortSignal): Promise<void>;
};

/** Creates the sender. @param options.issuer its host is in the last line of each SMS */
export function createSmsGateway(
  { url, secrets }: { url: string; secrets: string[] },
  { issuer, isSandbox }: { issuer: string; isSandbox: boolean },
): SmsGateway {
  const render = createSmsRenderer(new URL(issuer).hostname, isSandbox);
  return {
    async send(id, sms, now, signal) {
      const timestamp = Math.floor(now / 1000);
      const body = JSON.stringify({ id, to: sms.to, text: render(sms) });
      const headers = {
        'Content-Type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook({ id, timestamp, body }, secrets),
      };
      // A redirect could lead the code to another host.
      const answer = await boundedFetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch(
        // The address stays out of the log, because it may contain a secret.
        (error: unknown) => {
          throw new Error(`the SMS gateway does not answer (${String(propertyOf(propertyOf(error, 'cause') ?? error, 'code'))})`);
        },
      );
      if (answer.ok) return;
      if ([400, 422].includes(answer.status)) throw new SmsRefused(`the SMS gateway refused with ${answer.status}`);
      throw new Error(`the SMS gateway answered ${answer.status}`);
    },
  };
}
