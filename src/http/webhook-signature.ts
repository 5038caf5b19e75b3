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

/** The largest age of a message, in seconds, as Standard Webhooks recommends. */
export const OLDEST_WEBHOOK_SECONDS = 5 * 60;

/**
 * Returns the message of a request; `undefined` if it is too old, or if none of its signatures was made with one of the secrets.
 * @param now epoch milliseconds
 */
export function readWebhook(
  request: { get(header: string): string },
  body: string,
  secrets: readonly string[],
  now: number,
): WebhookMessage | undefined {
  const message = { id: request.get('webhook-id'), timestamp: Number(request.get('webhook-timestamp')), body };
  const isFresh = Math.abs(now / 1000 - message.timestamp) <= OLDEST_WEBHOOK_SECONDS;
  return isFresh && isSigned(message, secrets, request.get('webhook-signature')) ? message : undefined;
}

function isSigned(message: WebhookMessage, secrets: readonly string[], header: string): boolean {
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
