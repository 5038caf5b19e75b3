// Reads the session of this browser at the ID.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { authTimeOf, signInIsOver } from '../../domain/account.ts';
import type { Deps } from '../../deps.ts';
import { reaches, signedInBy, type AuthenticationMethod } from '../../domain/authentication-methods.ts';
import { createRememberedBrowsers } from './remembered-browser.ts';
import { isTooOld } from './session-lifetime.ts';
import type { SignedIn } from './signed-in.ts';

export type CurrentSession = SignedIn & {
  /** oidc-provider's `uid` of the session. It stays the same when the cookie's value changes. */
  uid: string;
  /** When the password was last given; seconds since 1970. */
  authTime: number;
  /** The class that the sign-in has reached, and its methods. Absent in a session of an earlier version. */
  acr: string | undefined;
  amr: string[] | undefined;
  /**
   * Sets `auth_time` to now, after the person has authenticated again.
   * @param account the account after that
   */
  confirmed(account: Account, now: EpochMilliseconds): Promise<void>;
  /** Notes that the person has given the second factor in this session. `auth_time` stays that of the password. */
  strengthened(method: AuthenticationMethod): Promise<void>;
};

type SessionDeps = Pick<Deps, 'config' | 'storage' | 'clock'>;

/**
 * Returns the session of this browser; `undefined` if nobody is signed in, the account is disabled or withdrawn, the sign-in is over, or the
 * second factor of the account was not given.
 */
export async function currentSession(
  provider: Provider,
  ctx: ParameterizedContext,
  deps: SessionDeps,
): Promise<CurrentSession | undefined> {
  const session = await passwordSession(provider, ctx, deps);
  // A person who signs in with a withdrawn ID is asked first whether to take the withdrawal back.
  if (!session || session.account.withdrawal) return undefined;
  const { account, acr } = session;
  if (!account.second_factor || reaches(acr, 'urn:common-id:acr:mfa')) return session;
  const remembered = createRememberedBrowsers(deps.config.issuer.startsWith('https:'));
  return remembered.isRemembered(ctx, account, deps.clock()) ? session : undefined;
}

/** Returns the same for the pages that ask for the second factor, or before a withdrawal is taken back: the password is enough. */
export async function passwordSession(
  provider: Provider,
  ctx: ParameterizedContext,
  { config, storage, clock }: SessionDeps,
): Promise<CurrentSession | undefined> {
  const session = await provider.Session.get(ctx);
  const account = session.accountId ? await storage.accounts.find(session.accountId) : undefined;
  if (!account || account.disabled_at !== undefined) return undefined;
  const { loginTs: authTime, uid, acr, amr } = session;
  if (signInIsOver(account, { authTime, sessionUid: uid, endsWithSession: true })) return undefined;
  if (isTooOld(config.lifetimes, session, clock())) return undefined;
  return {
    uid,
    account,
    authTime: authTime ?? 0,
    acr,
    amr,
    async confirmed(confirmed, now) {
      session.loginTs = authTimeOf(confirmed, now);
      await session.persist();
    },
    async strengthened(method) {
      const { acr: reached, amr: by } = signedInBy(method);
      if (reaches(session.acr, reached)) return;
      Object.assign(session, { acr: reached, amr: by });
      await session.persist();
    },
  };
}
