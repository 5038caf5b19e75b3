// Returns valid access tokens and refreshes expired ones. A session runs one refresh at a time: using a refresh token twice
// revokes the whole token family (RFC 9700 section 4.14.2).
import { IdentityProviderRefusal, type AccessToken, type IdentityProvider } from '../identity-provider.ts';
import type { Sessions } from './sessions.ts';

/** A token with less time left is refreshed, because it might expire in transit. */
const MARGIN_MS = 15_000;

/** The tokens are invalid and cannot be refreshed: the person has to log in again. */
export class SessionEnded extends Error {
  override name = 'SessionEnded';
}

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

  /** Runs `work` after any earlier work with the same key. */
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

  const isGood = (tokens: { expires_at: number }): boolean => tokens.expires_at > clock() + MARGIN_MS;

  return {
    forUserInfo: (sessionKey) =>
      inTurn(`${sessionKey} userinfo`, async () => {
        // Read only now: the work before us may have stored newer tokens.
        const tokens = sessions.find(sessionKey)?.tokens;
        if (!tokens) throw new SessionEnded();
        if (isGood(tokens)) return tokens;
        if (!tokens.refresh_token) throw new SessionEnded();
        try {
          const fresh = await idp.refresh(tokens.refresh_token, undefined);
          sessions.saveTokens(sessionKey, fresh);
          return fresh;
        } catch (error) {
          if (error instanceof IdentityProviderRefusal) throw new SessionEnded(error.code);
          throw error;
        }
      }),

    forDealer: (sessionKey, resource) =>
      inTurn(`${sessionKey} dealer`, async () => {
        const access = sessions.find(sessionKey)?.parts.dealer;
        if (access?.resource !== resource || !access.tokens) return undefined;
        if (isGood(access.tokens)) return access.tokens;
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
