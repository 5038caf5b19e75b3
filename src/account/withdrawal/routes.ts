// 退会: says what ends, asks for the password, and ends the ID.
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { createPasswordAgain } from '../../authentication/password/password-again.ts';
import { page, type PageState } from '../../http/page-context.ts';
import { redirect } from '../../http/redirect.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage } from '../account-page.ts';
import { clientName, dealerName } from '../names.ts';
import { withdraw } from './flow.ts';

const PATH = '/account/withdrawal';
const DONE_PATH = '/account/withdrawn';

/** Makes the page that withdraws the ID. */
export function createWithdrawalPage(deps: Deps, access: AccountAccess): AddAccountRoutes {
  const { config, storage } = deps;
  const passwordAgain = createPasswordAgain(deps);

  const show = async (ctx: AccountContext): Promise<void> => {
    const { language, session, t } = ctx.state;
    const [services, links] = await Promise.all([
      access.services(session.account.id),
      storage.dealerLinks.listByAccount(session.account.id),
    ]);
    accountPage(ctx, 'account-withdrawal', {
      title: t('account_withdrawal.title'),
      action: PATH,
      backUrl: '/account',
      email: session.account.email,
      services: services.map(({ clientId }) => clientName(deps, clientId, language)),
      dealers: links.filter(({ status }) => status !== 'withdrawn').map(({ dealer }) => dealerName(deps, dealer, language)),
      days: config.withdrawal.takenBackWithinDays,
      years: config.withdrawal.consentKeptYears,
    });
  };

  return (router) => {
    router.get(PATH, show);
    router.post(PATH, async (ctx) => {
      const { session } = ctx.state;
      if (!(await passwordAgain(ctx, session, { action: PATH, backUrl: PATH, typed: {}, before: 'withdrawal' }))) return;
      // Otherwise the page asks for a new sign-in.
      redirect(ctx, (await withdraw(deps, access, session.account)) ? DONE_PATH : PATH);
    });
  };
}

/** Adds the page after a withdrawal, which needs no session. */
export function addWithdrawnRoute(router: Router<PageState>, { config }: Pick<Deps, 'config'>): void {
  router.get(DONE_PATH, (ctx) => {
    const { t } = ctx.state;
    page(ctx, 'account-withdrawn', {
      kind: 'note',
      title: t('account_withdrawn.title'),
      days: config.withdrawal.takenBackWithinDays,
    });
  });
}
