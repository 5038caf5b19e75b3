// このブラウザーでは30日間省略する: remembers in a browser that an account's second factor was given there. A signed cookie. It signs nobody in, and
// no client is told of a second factor because of it.
import { createHash } from 'node:crypto';
import type { ParameterizedContext } from 'koa';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { REMEMBERED_MS } from '../../domain/second-factor.ts';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type RememberedBrowsers = {
  /** Whether this browser need not ask for the second factor of the account. */
  isRemembered(ctx: CookieContext, account: Account, now: EpochMilliseconds): boolean;
  /** Notes that the second factor was given in this browser, for 30 days. */
  remember(ctx: CookieContext, account: Account, now: EpochMilliseconds): void;
};

/** Enough for a family's computer. */
const MOST_ACCOUNTS = 5;
/** Neither occurs in base64url or in a number. */
const [SEPARATOR, BETWEEN] = ['~', '.'];

/** Makes the store. @param secure whether the app is reached by https */
export function createRememberedBrowsers(secure: boolean): RememberedBrowsers {
  const name = `${secure ? '__Host-' : ''}common-id.second-factor`;

  const marksOf = (ctx: CookieContext): string[] => ctx.cookies.get(name, { signed: true })?.split(SEPARATOR) ?? [];

  return {
    isRemembered(ctx, account, now) {
      return marksOf(ctx).some((mark) => {
        const at = Number(mark.split(BETWEEN)[0]);
        const counts = now < at + REMEMBERED_MS && at >= (account.sessions_ended?.at ?? 0);
        return counts && mark === markOf(account, at);
      });
    },
    remember(ctx, account, now) {
      const mark = markOf(account, now);
      if (mark === undefined) return;
      const others = marksOf(ctx).filter((other) => now < Number(other.split(BETWEEN)[0]) + REMEMBERED_MS);
      const marks = [mark, ...others].slice(0, MOST_ACCOUNTS);
      const options = { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/', overwrite: true } as const;
      ctx.cookies.set(name, marks.join(SEPARATOR), { ...options, maxAge: REMEMBERED_MS });
    },
  };
}

/**
 * Returns the mark of an account: when it was made, and a digest of its second factor, whose id no other account has, and of the times of its
 * password and address. So it ends with a new password or address, and with another second factor.
 */
function markOf(account: Account, at: EpochMilliseconds): string | undefined {
  const { second_factor: factor, password_changed_at: changedAt = 0, sign_ins_ended_at: endedAt = 0 } = account;
  if (!factor) return undefined;
  const digest = createHash('sha256').update(JSON.stringify([factor.id, changedAt, endedAt, at]));
  return `${at}${BETWEEN}${digest.digest('base64url')}`;
}
