// The link that stops the mails of the campaign: one click in the mail program (RFC 8058), and a page for people. Opening the link changes
// nothing, because mail scanners do so.
import { text as readText } from 'node:stream/consumers';
import type Koa from 'koa';
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { readStopToken, type StopLink } from '../../domain/campaign-mail.ts';
import { page, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { stopMails } from './stop.ts';

/** The path of the link, to which the mail program posts. */
export const UNSUBSCRIBE_PATH = '/unsubscribe';
const CONFIRM_PATH = '/unsubscribe/confirm';
/** Bytes. */
const LONGEST_BODY = 2_000;
/** As a form, or as a part of one with many parts (RFC 8058, section 3.2). */
const ONE_CLICK = /^List-Unsubscribe=One-Click$|name="?List-Unsubscribe"?\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\r?\n/im;

type StopDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>;

/**
 * Creates the handler of the mail program's post. It needs no cookie and no CSRF token: the token in the address is the proof, and nobody but the
 * reader of the mail has it.
 */
export function createOneClick(deps: StopDeps): Koa.Middleware<PageState> {
  return async function stopByOneClick(ctx, next) {
    if (ctx.method !== 'POST') return next();
    if (ctx.request.length === undefined || ctx.request.length > LONGEST_BODY) return void (ctx.status = 413);
    const link = readStopToken(deps.config.keys.campaignStop, tokenOf(ctx.query.token));
    const isOneClick = ONE_CLICK.test((await readText(ctx.req)).trim());
    if (!link || !isOneClick) return void (ctx.status = 400);
    await stopMails(deps, link, 'unsubscribed');
    ctx.status = 200;
    ctx.type = 'text';
    ctx.body = 'OK\n';
  };
}

/** Adds the page, which needs no session. */
export function addUnsubscribeRoutes(router: Router<PageState>, deps: StopDeps): void {
  const find = (token: string): StopLink => {
    const link = readStopToken(deps.config.keys.campaignStop, token);
    if (!link) throw new PageError('unsubscribe_dead', { detail: 'no mail of the campaign has this link' });
    return link;
  };

  router.get(UNSUBSCRIBE_PATH, async (ctx) => {
    const token = tokenOf(ctx.query.token);
    const { address, shown } = find(token);
    const { t } = ctx.state;
    if (await deps.storage.mailStops.find(address))
      return page(ctx, 'unsubscribed', { kind: 'note', title: t('unsubscribed.title'), email: shown });
    return page(ctx, 'unsubscribe', { kind: 'step', title: t('unsubscribe.title'), action: CONFIRM_PATH, token, email: shown });
  });
  router.post(CONFIRM_PATH, async (ctx) => {
    const token = formField(ctx, 'token');
    await stopMails(deps, find(token), 'unsubscribed');
    // The page shows the current state, even after a reload.
    redirect(ctx, `${UNSUBSCRIBE_PATH}?token=${encodeURIComponent(token)}`);
  });
}

function tokenOf(given: string | string[] | undefined): string {
  return typeof given === 'string' ? given : '';
}
