// The notebook's sessions, and its pending authorization requests.
import * as store from '../session-store.ts';
import type { Tokens } from '../identity-provider.ts';
import type { CustomerClaims } from './customer-claims.ts';

const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;

/** A session's access to one dealer. */
export type DealerAccess = {
  resource: string;
  /** The dealer and its link when a token was last requested without asking the person. If this changes, it is requested again. */
  askedFor?: string | undefined;
  tokens?: Tokens | undefined;
};

/** A message shown once, on the next page. */
export type Notice = 'booked' | 'link_refused' | 'link_failed' | 'linked' | 'not_confirmed';

/** What is kept with a session. Its tokens are for UserInfo. */
export type Parts = {
  /** The latest UserInfo response. */
  claims: CustomerClaims;
  dealer: DealerAccess;
  /** Not `notice`: files of older versions keep plain text there. */
  notice_shown_once: Notice;
};

export type Session = store.Session<Parts>;

export type PendingRequest = store.PendingRequest & {
  /**
   * `login`; `dealer`: requests a dealer's token without asking the person; `link`: the person pressed 連携する; `renewal`: requests new
   * tokens without asking the person, because the old ones ended; `step_up`: the dealer demands another sign-in.
   */
  purpose: 'login' | 'dealer' | 'link' | 'renewal' | 'step_up';
  resource?: string | undefined;
  /** For `dealer`: the new value of `DealerAccess.askedFor`. */
  askedFor?: string | undefined;
};

export type Sessions = store.SessionStore<Parts, PendingRequest>;

/** Opens the file, or creates it. @param clock in milliseconds since 1970 */
export function openSessions(path: string, clock: () => number): Sessions {
  return store.openSessionStore(path, clock, {
    parts: ['claims', 'dealer', 'notice_shown_once'],
    lifetimeMs: SESSION_LIFETIME_MS,
  });
}
