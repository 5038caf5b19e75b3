// Who is signed in at the ID in this browser.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';
import type { Account } from '../domain/account.ts';
import { signedInBeforePasswordChange } from '../domain/account.ts';
import type { AccountStore } from '../storage/storage.ts';

export type CurrentSession = {
  /** oidc-provider's `uid` of the session: stays when its cookie's value changes. */
  uid: string;
  account: Account;
  /** The person has just shown the password again: `auth_time` from now on. Seconds since 1970. */
  confirmedAt(seconds: number): Promise<void>;
};

/** The session of this browser; `undefined` where nobody is signed in, the account is disabled, or its password was changed since. */
export async function currentSession(
  provider: Provider,
  ctx: ParameterizedContext,
  accounts: Pick<AccountStore, 'find'>,
): Promise<CurrentSession | undefined> {
  const session = await provider.Session.get(ctx as unknown as Parameters<typeof provider.Session.get>[0]);
  const account = session.accountId ? await accounts.find(session.accountId) : undefined;
  if (!account || account.disabled_at !== undefined) return undefined;
  if (signedInBeforePasswordChange(account, session.loginTs)) return undefined;
  return {
    uid: session.uid,
    account,
    async confirmedAt(seconds) {
      session.loginTs = seconds;
      await session.persist();
    },
  };
}
