// お心当たりのないログイン: ends a sign-in with the link in the mail about a new browser, and leads to a new password. It needs no session.
// Opening the link changes nothing, because mail scanners do so.
import type Router from 'koa-router';
import { readReport, REPORT_PATH } from '../../authentication/sign-in-report.ts';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { isOver, reportSignIn, type ReportedSignIn } from '../../domain/sign-in-report.ts';
import { formatTime } from '../../http/format-time.ts';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { FORGOTTEN_PATH } from '../forgotten/routes.ts';

/** Adds the pages of the link. */
export function addSignInReportRoutes(router: Router<PageState>, deps: Deps, access: AccountAccess): void {
  /** @throws {PageError} `sign_in_report_dead` */
  const find = async (token: string): Promise<{ account: Account; signIn: ReportedSignIn }> => {
    const signIn = readReport(deps, token);
    const account = signIn && (await deps.storage.accounts.find(signIn.account_id));
    if (!account || account.disabled_at !== undefined)
      throw new PageError('sign_in_report_dead', { detail: 'no sign-in that this token can report, or its time is over' });
    return { account, signIn };
  };

  const show = async (ctx: PageContext, token: string): Promise<void> => {
    const { t, language } = ctx.state;
    const { account, signIn } = await find(token);
    const subject = { device: signIn.device, time: formatTime(signIn.auth_time * 1000, language) };
    if (!isOver(account, signIn)) {
      return page(ctx, 'sign-in-report', {
        kind: 'step',
        title: t('sign_in_report.title'),
        action: REPORT_PATH,
        token,
        ...subject,
      });
    }
    page(ctx, 'sign-in-reported', {
      kind: 'step',
      title: t('sign_in_reported.title'),
      ...subject,
      resetAction: FORGOTTEN_PATH,
      // A code must not go to an address that a thief has given the ID since.
      email: account.email_canonical === signIn.email ? account.email : '',
    });
  };

  const report = async (accountId: string, signIn: ReportedSignIn): Promise<void> => {
    // End the sessions and tokens before, so that clients are told even if this process dies, and again after, to end those that started in between.
    await access.endAll(accountId);
    await changeAndTell(deps, accountId, 'account.sign_in_reported', (standing) => {
      const now = deps.clock();
      const to = reportSignIn(standing, signIn, now);
      const language = languageOf(standing.language);
      const values = { time: formatTime(now, language), url: `${deps.config.issuer}${FORGOTTEN_PATH}` };
      return to && { to, mails: [{ to: standing.email, template: 'sign-in-reported', language, values }] };
    });
    await access.endAll(accountId);
  };

  const post = async (ctx: PageContext): Promise<void> => {
    const token = formField(ctx, 'token');
    const { account, signIn } = await find(token);
    // A link works once: later sign-ins are not its business.
    if (!isOver(account, signIn)) await report(account.id, signIn);
    // The page shows the current state, even after a reload.
    redirect(ctx, `${REPORT_PATH}?token=${encodeURIComponent(token)}`);
  };

  router.get(REPORT_PATH, async (ctx) => show(ctx, typeof ctx.query.token === 'string' ? ctx.query.token : ''));
  router.post(REPORT_PATH, post);
}
