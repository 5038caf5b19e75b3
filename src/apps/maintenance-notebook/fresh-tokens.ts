// Returns valid access tokens and refreshes expired ones. A session runs one refresh at a time: using a refresh token twice
// revokes the whole token family (RFC 9700 section 4.14.2).
import { createFreshToken, isGood } from '../fresh-token.ts';
import { IdentityProviderRefusal, type AccessToken, type IdentityProvider } from '../identity-provider.ts';
import type { Sessions } from './sessions.ts';

export type FreshTokens = {
  /**
   * Returns the token for UserInfo.
   * @throws {SessionEnded}, {IdentityProviderUnavailable}
   */
  forUserInfo(sessionKey: string): Promise<AccessToken>;
  /**
   * Returns the token for the dealer that the session has access to; undefined if it has none or lost it.
   * @throws {IdentityProviderUnavailable}
   */
  forDealer(sessionKey: string, resource: string): Promise<AccessToken | undefined>;
};

/** Creates the token source of all sessions in a store. */
export function createFreshTokens(idp: IdentityProvider, sessions: Sessions, clock: () => number): FreshTokens {
  const running = new Map<string, Promise<unknown>>();

  /** Runs `work` after any earlier work of the same session. */
  function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = running.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    running.set(key, turn);
    const forget = (): void => {
      if (running.get(key) === turn) running.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  }

  const userInfo = createFreshToken(idp, sessions, undefined, clock);

  return {
    forUserInfo: userInfo.of,

    forDealer: (sessionKey, resource) =>
      inTurn(sessionKey, async () => {
        const access = sessions.find(sessionKey)?.parts.dealer;
        if (access?.resource !== resource || !access.tokens) return undefined;
        if (isGood(access.tokens, clock())) return access.tokens;
        let fresh;
        try {
          if (access.tokens.refresh_token) fresh = await idp.refresh(access.tokens.refresh_token, resource);
        } catch (error) {
          if (!(error instanceof IdentityProviderRefusal)) throw error;
        }
        // With neither tokens nor `askedFor`, the page requests new tokens without asking the person.
        sessions.save(sessionKey, 'dealer', fresh ? { ...access, tokens: fresh } : { resource });
        return fresh;
      }),
  };
}
