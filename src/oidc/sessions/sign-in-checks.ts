// Whether what is used – a code, a token – comes from a sign-in that still counts. Asked at the use, so that nothing depends on whether it
// was found and removed when the password changed.
import Provider, { errors, type AdapterPayload } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { signInIsOver, type Account } from '../../domain/account.ts';

/** What a code or token says about its sign-in. */
export type UsedToken = {
  accountId?: string | undefined;
  /** Codes and refresh tokens. */
  authTime?: number | undefined;
  /** Access tokens. */
  extra?: { auth_time?: number } | undefined;
  iat?: number | undefined;
  sessionUid?: string | undefined;
  expiresWithSession?: boolean | undefined;
};

/** Whether the account may be used, and what it was given, if it is a token that was presented. */
export function mayUse(account: Account, token: UsedToken | undefined): boolean {
  if (account.disabled_at !== undefined) return false;
  if (token === undefined) return true;
  const { authTime, extra, iat, sessionUid, expiresWithSession } = token;
  // Access tokens from before `auth_time` stood in them live for minutes.
  const signIn = { authTime: authTime ?? extra?.auth_time ?? iat, sessionUid, endsWithSession: expiresWithSession === true };
  return !signInIsOver(account, signIn);
}

export function createSignInChecks({ storage }: Pick<Deps, 'storage'>) {
  const isActive = async (token: UsedToken): Promise<boolean> => {
    // A token of a service itself (client credentials), without a person.
    if (token.accountId === undefined) return true;
    const account = await storage.accounts.find(token.accountId);
    return account !== undefined && mayUse(account, token);
  };
  return {
    /** For introspection, which asks nobody else about the account. */
    isActive,
    /**
     * A code is of its session, whatever may come of it: it is redeemed before anything else is done.
     * @throws {errors.InvalidGrant}
     */
    async checkCode(code: AdapterPayload): Promise<void> {
      const session = code.sessionUid === undefined ? undefined : await storage.artifacts.findByUid('Session', code.sessionUid);
      if (!session || !(await isActive({ ...code, expiresWithSession: true })))
        throw new errors.InvalidGrant('the session of the code has ended');
    },
  };
}

/** `auth_time` for access tokens: when the person signed in whose code or refresh token was redeemed. */
export function extraTokenClaims(): { auth_time: number } | undefined {
  const { AuthorizationCode: code, RefreshToken: refreshToken } = Provider.ctx?.oidc.entities ?? {};
  const authTime = (code as UsedToken | undefined)?.authTime ?? (refreshToken as UsedToken | undefined)?.authTime;
  return authTime === undefined ? undefined : { auth_time: authTime };
}
