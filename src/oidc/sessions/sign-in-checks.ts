// Checks, whenever a code or token is used, that its sign-in is still valid. So a password change is effective even if it missed
// a stored token.
import Provider, { errors, type AdapterPayload } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { signInIsOver, type Account } from '../../domain/account.ts';

/** The members of a code or token that identify its sign-in. */
export type UsedToken = {
  accountId?: string | undefined;
  /** In codes and refresh tokens. Seconds since 1970. */
  authTime?: number | undefined;
  /** In access tokens. */
  extra?: { auth_time?: number } | undefined;
  iat?: number | undefined;
  sessionUid?: string | undefined;
  expiresWithSession?: boolean | undefined;
};

/** Whether the account is enabled and, if a token was presented, whether it is not withdrawn and the sign-in of the token is still valid. */
export function mayUse(account: Account, token: UsedToken | undefined): boolean {
  if (account.disabled_at !== undefined) return false;
  if (token === undefined) return true;
  if (account.withdrawal) return false;
  const { authTime, extra, iat, sessionUid, expiresWithSession } = token;
  // Access tokens from a version without `auth_time` live for minutes only.
  const signIn = { authTime: authTime ?? extra?.auth_time ?? iat, sessionUid, endsWithSession: expiresWithSession === true };
  return !signInIsOver(account, signIn);
}

/** Makes the checks of codes and tokens at their use. */
export function createSignInChecks({ storage }: Pick<Deps, 'storage'>) {
  const isActive = async (token: UsedToken): Promise<boolean> => {
    // A token of the client credentials grant has no person.
    if (token.accountId === undefined) return true;
    const account = await storage.accounts.find(token.accountId);
    return account !== undefined && mayUse(account, token);
  };
  return {
    /** Whether a token is active. Introspection needs it, because oidc-provider does not look at the account there. */
    isActive,
    /**
     * Checks a redeemed code. A code always ends with its session, even if it asks for `offline_access`.
     * @throws {errors.InvalidGrant} if the session of the code has ended
     */
    async checkCode(code: AdapterPayload): Promise<void> {
      const session = code.sessionUid === undefined ? undefined : await storage.artifacts.findByUid('Session', code.sessionUid);
      if (!session || !(await isActive({ ...code, expiresWithSession: true })))
        throw new errors.InvalidGrant('the session of the code has ended');
    },
  };
}

/** Returns `auth_time` and `acr` for an access token, from the redeemed code, device code or refresh token. */
export function extraTokenClaims(): { auth_time: number; acr?: string } | undefined {
  const { AuthorizationCode: code, DeviceCode: deviceCode, RefreshToken: refreshToken } = Provider.ctx?.oidc.entities ?? {};
  const { authTime, acr } = code ?? deviceCode ?? refreshToken ?? {};
  return authTime === undefined ? undefined : { auth_time: authTime, ...(acr !== undefined && { acr }) };
}
