// Receives SMS instead of a gateway: signed posts with `{ id, to, text }`.
import { text as readText } from 'node:stream/consumers';
import type Koa from 'koa';
import { z } from 'zod';
import type { PageState } from '../../http/page-context.ts';
import { readWebhook } from '../../http/webhook-signature.ts';
import type { MessageStore } from './message-store.ts';

/** Bytes. An SMS with all its parts is shorter. */
const LONGEST_BODY = 10_000;
const bodySchema = z.object({ to: z.string(), text: z.string() });

/** Creates the handler. It accepts a repetition of an SMS, and stores it once. */
export function receiveSms(
  { smsSecrets, clock }: { smsSecrets: string[]; clock: () => number },
  store: Pick<MessageStore, 'addSms'>,
): Koa.Middleware<PageState> {
  return async function receivePostedSms(ctx) {
    if (ctx.method !== 'POST') return void (ctx.status = 405);
    if (ctx.request.length === undefined || ctx.request.length > LONGEST_BODY) return void (ctx.status = 413);
    const body = await readText(ctx.req);
    const message = readWebhook(ctx, body, smsSecrets, clock());
    if (!message) return void (ctx.status = 401);
    const { to, text } = bodySchema.parse(JSON.parse(body));
    store.addSms(message.id, { to, text, received_at: new Date(clock()).toISOString() }, Buffer.from(body));
    ctx.status = 204;
  };
}
