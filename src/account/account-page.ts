// The frame of the account pages, with the person's name and the menu.
import { page } from '../http/page-context.ts';
import { redirect } from '../http/redirect.ts';
import type { AccountContext } from './account-context.ts';

/** The actions that the overview can confirm. */
export const DONE = [
  'profile',
  'password',
  'dealer_link_withdrawn',
  'dealer_link_retried',
  'service_ended',
  'sessions_ended',
  'session_ended',
  'email',
  'lost_mailbox_stopped',
] as const;
export type Done = (typeof DONE)[number];

/** Renders `views/common-id/<view>.ejs` in the frame. */
export function accountPage(ctx: AccountContext, view: string, data: { title: string; [name: string]: unknown }): void {
  const { t, session } = ctx.state;
  const { family_name: family, given_name: given } = session.account.profile;
  page(ctx, view, {
    kind: 'site',
    person: [family, given].filter(Boolean).join(' ') || session.account.email,
    menu: [
      { label: t('account.title'), href: '/account', current: ctx.path === '/account' },
      { label: t('logout.title'), href: '/session/end' },
    ],
    ...data,
  });
}

/** Shows a confirmation page. It works without JavaScript. */
export function askOnce(
  ctx: AccountContext,
  question: { title: string; subject?: string; text: string; points: string[]; submit: string },
): void {
  accountPage(ctx, 'account-ask', { ...question, action: ctx.path, backUrl: '/account' });
}

/** Redirects to the overview, which confirms the action. */
export function backToOverview(ctx: AccountContext, done: Done): void {
  redirect(ctx, `/account?done=${done}`);
}
