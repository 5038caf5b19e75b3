// Reads the session of this browser at the ID.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { authTimeOf, signInIsOver } from '../../domain/account.ts';
import type { Deps } from '../../deps.ts';
import { isTooOld } from './session-lifetime.ts';
import type { SignedIn } from './signed-in.ts';

export type CurrentSession = SignedIn & {
  /** oidc-provider's `uid` of the session. It stays the same when the cookie's value changes. */
  uid: string;
  /** When the password was last given; seconds since 1970. */
  authTime: number;
  /**
   * Sets `auth_time` to now, after the person has authenticated again.
   * @param account the account after that
   */
  confirmed(account: Account, now: EpochMilliseconds): Promise<void>;
};

/** Returns the session of this browser; `undefined` if nobody is signed in, the account is disabled or withdrawn, or the sign-in is over. */
export async function currentSession(
  provider: Provider,
  ctx: ParameterizedContext,
  { config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>,
): Promise<CurrentSession | undefined> {
  const session = await provider.Session.get(ctx);
  const account = session.accountId ? await storage.accounts.find(session.accountId) : undefined;
  // A person who signs in with a withdrawn ID is asked first whether to take the withdrawal back.
  if (!account || account.disabled_at !== undefined || account.withdrawal) return undefined;
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
