// The frame of the customer's own pages: the person's name and the menu, the same on each.
import { page } from '../http/page-context.ts';
import { redirect } from '../http/redirect.ts';
import type { AccountContext } from './account-context.ts';

/** What was done by the press before, as the overview says it. */
export const DONE = [
  'profile',
  'password',
  'dealer_link_withdrawn',
  'dealer_link_retried',
  'service_ended',
  'sessions_ended',
  'email',
] as const;
export type Done = (typeof DONE)[number];

/** Answers with `views/common-id/<view>.ejs` in the frame. */
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

/** A page that asks once more before something ends, which without a script is the only way to ask. */
export function askOnce(
  ctx: AccountContext,
  question: { title: string; subject?: string; text: string; points: string[]; submit: string },
): void {
  accountPage(ctx, 'account-ask', { ...question, action: ctx.path, backUrl: '/account' });
}

/** Back to the overview, which says what was done. */
export function backToOverview(ctx: AccountContext, done: Done): void {
  redirect(ctx, `/account?done=${done}`);
}
