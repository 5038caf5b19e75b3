// Signs messages to other systems as Standard Webhooks says (https://www.standardwebhooks.com), and checks such signatures. The package
// of the standard takes the time from the system and not from our clock.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The parts that are signed. */
export type WebhookMessage = {
  /** The same each time that the message is sent. */
  id: string;
  /** When it is sent, in seconds since 1970. */
  timestamp: number;
  body: string;
};

/**
 * Returns the header `webhook-signature`, with one signature for each secret.
 * @param secrets base64, also with `whsec_` before it
 */
export function signWebhook(message: WebhookMessage, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1,${signature(message, secret)}`).join(' ');
}

/** Whether one of the signatures in a header was made with one of the secrets. The caller checks the age of the message. */
export function isSignedWebhook(message: WebhookMessage, secrets: readonly string[], header: string): boolean {
  const given = header.split(' ').map((one) => Buffer.from(one));
  return secrets.some((secret) => {
    const expected = Buffer.from(`v1,${signature(message, secret)}`);
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
}

function signature({ id, timestamp, body }: WebhookMessage, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}
