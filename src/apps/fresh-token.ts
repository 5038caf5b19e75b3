// Returns the access token of a session and refreshes it before it expires. A session runs one refresh at a time: using a refresh token
// twice may revoke the whole token family (RFC 9700 section 4.14.2).
import { IdentityProviderRefusal, type AccessToken, type IdentityProvider, type Tokens } from './identity-provider.ts';

/** A token with less time left is refreshed, because it might expire in transit. */
const MARGIN_MS = 15_000;

/** Whether a token can be used now. @param now epoch milliseconds */
export const isGood = ({ expires_at: end }: { expires_at: number }, now: number): boolean => end > now + MARGIN_MS;

/** The tokens are over and cannot be refreshed: the person has to sign in again. */
export class SessionEnded extends Error {
  override name = 'SessionEnded';
}

export type FreshToken = {
  /** @throws {SessionEnded}, {IdentityProviderUnavailable} */
  of(sessionKey: string): Promise<AccessToken>;
};

/** Where the tokens of a session are kept. */
type TokenStore = {
  find(sessionKey: string): { tokens: Tokens } | undefined;
  saveTokens(sessionKey: string, tokens: Tokens): void;
};

/** Creates the token source of all sessions. @param resource the API (RFC 8707); `undefined` for UserInfo */
export function createFreshToken(
  idp: Pick<IdentityProvider, 'refresh'>,
  sessions: TokenStore,
  resource: string | undefined,
  clock: () => number,
): FreshToken {
  const refreshing = new Map<string, Promise<AccessToken>>();

  async function refresh(sessionKey: string, refreshToken: string): Promise<AccessToken> {
    try {
      const fresh = await idp.refresh(refreshToken, resource);
      sessions.saveTokens(sessionKey, fresh);
      return fresh;
    } catch (error) {
      if (error instanceof IdentityProviderRefusal) throw new SessionEnded(error.code);
      throw error;
    } finally {
      refreshing.delete(sessionKey);
    }
  }

  return {
    async of(sessionKey) {
      const tokens = sessions.find(sessionKey)?.tokens;
      if (!tokens) throw new SessionEnded();
      if (isGood(tokens, clock())) return tokens;
      if (tokens.refresh_token === undefined) throw new SessionEnded();
      const running = refreshing.get(sessionKey) ?? refresh(sessionKey, tokens.refresh_token);
      refreshing.set(sessionKey, running);
      return running;
    },
  };
}
