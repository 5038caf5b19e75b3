// POST /mail-reports: the operator's mail system tells of mails that came back, and of complaints. It is signed as SMS are (Standard Webhooks).
import { text as readText } from 'node:stream/consumers';
import type Koa from 'koa';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { readMessageId } from '../../domain/campaign-mail.ts';
import type { PageState } from '../../http/page-context.ts';
import { OLDEST_WEBHOOK_SECONDS, readWebhook } from '../../http/webhook-signature.ts';
import { readMailReport, type MailReport } from './read-report.ts';
import { stopMails } from './stop.ts';

export const REPORT_PATH = '/mail-reports';

/** Bytes. A report returns the whole mail at most. */
const LONGEST_BODY = 1_000_000;
const bodySchema = z.union([
  /** A mail with a report, as it came (RFC 3464, RFC 5965). */
  z.strictObject({ mail: z.string() }),
  /** What a mail provider says of a mail. */
  z.strictObject({ event: z.enum(['bounced', 'complained']), message_id: z.string().max(500) }),
]);

type ReportDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>;

/**
 * Creates the handler. It answers 204 to every report that it could read, also to one that changes nothing: a report counts only with the
 * Message-ID of a mail of ours, because anybody can send a report to the address for returned mail.
 */
export function createReportEndpoint(deps: ReportDeps): Koa.Middleware<PageState> {
  const { config, clock, storage } = deps;
  return async function receiveReport(ctx, next) {
    if (config.mailReportSecrets.length === 0) return next();
    if (ctx.method !== 'POST') return void (ctx.status = 405);
    if (ctx.request.length === undefined) return void (ctx.status = 411);
    if (ctx.request.length > LONGEST_BODY) return void (ctx.status = 413);
    const body = await readText(ctx.req);
    const message = readWebhook(ctx, body, config.mailReportSecrets, clock());
    if (!message) return void (ctx.status = 401);
    const report = await readBody(body);
    if (report === 'unreadable') return void (ctx.status = 400);
    const named = report?.messageId === undefined ? undefined : readMessageId(config.keys.campaignMail, report.messageId);
    // The mark comes first: a message that was replayed must change nothing.
    const until = (message.timestamp + 2 * OLDEST_WEBHOOK_SECONDS) * 1000;
    if (report && named && (await storage.artifacts.insertOnce('ReplayDetection', `mail-report:${message.id}`, {}, until)))
      await stopMails(deps, named, report.what);
    ctx.status = 204;
  };
}

async function readBody(body: string): Promise<MailReport | undefined | 'unreadable'> {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return 'unreadable';
  }
  const { success, data } = bodySchema.safeParse(given);
  if (!success) return 'unreadable';
  return 'mail' in data ? readMailReport(Buffer.from(data.mail)) : { what: data.event, messageId: data.message_id };
}
