// Who is signed in at the ID in this browser.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { authTimeOf, signInIsOver } from '../../domain/account.ts';
import type { Deps } from '../../deps.ts';
import { isTooOld } from './session-lifetime.ts';
import type { SignedIn } from './signed-in.ts';

export type CurrentSession = SignedIn & {
  /** oidc-provider's `uid` of the session: stays when its cookie's value changes. */
  uid: string;
  /** When the password was last given; seconds since 1970. */
  authTime: number;
  /**
   * The person has just authenticated again: sets `auth_time` to now.
   * @param account as it is after that
   */
  confirmed(account: Account, now: EpochMilliseconds): Promise<void>;
};

/** The session of this browser; `undefined` where nobody is signed in, the account is disabled, or the sign-in counts no more. */
export async function currentSession(
  provider: Provider,
  ctx: ParameterizedContext,
  { config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>,
): Promise<CurrentSession | undefined> {
  const session = await provider.Session.get(ctx as unknown as Parameters<typeof provider.Session.get>[0]);
  const account = session.accountId ? await storage.accounts.find(session.accountId) : undefined;
  if (!account || account.disabled_at !== undefined) return undefined;
  const { loginTs: authTime, uid } = session;
  if (signInIsOver(account, { authTime, sessionUid: uid, endsWithSession: true })) return undefined;
  if (isTooOld(config.lifetimes, session, clock())) return undefined;
  return {
    uid,
    account,
    authTime: authTime ?? 0,
    async confirmed(confirmed, now) {
      session.loginTs = authTimeOf(confirmed, now);
      await session.persist();
    },
  };
}
