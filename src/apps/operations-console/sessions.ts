// The console's sessions, and its pending authorization requests.
import * as store from '../session-store.ts';
import type { StepUp } from '../step-up.ts';

/** The API asks for a new sign-in earlier. The form then keeps the typed values. */
const SESSION_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Why an operator looks at a person. The pages of that person open while it counts, see `case-of-person.ts`. */
export type Case = { reason: string; at: number };

/** What was being done when the API asked for another sign-in. */
export type Interrupted = {
  stepUp: StepUp;
  returnTo: string;
  /** The typed values, for the form at `returnTo`. */
  typed: Record<string, string>;
};

/** A message shown once, on the next page: the key of its text below `told`, and its values. */
export type Told = { key: string; values?: Record<string, string | number> };

/** What is kept with a session. */
export type Parts = {
  /** By account id. */
  cases: Record<string, Case>;
  interrupted: Interrupted;
  typed: Record<string, string>;
  told: Told;
  /** The copy of a person's data that was asked for, and why; for one download. */
  export_asked_for: { accountId: string; reason: string };
};

export type Session = store.Session<Parts>;
export type PendingRequest = store.PendingRequest & { purpose: 'login' | 'step_up' };
export type Sessions = store.SessionStore<Parts, PendingRequest>;

/** Opens the file, or creates it. @param clock in milliseconds since 1970 */
export function openSessions(path: string, clock: () => number): Sessions {
  return store.openSessionStore(path, clock, {
    parts: ['cases', 'interrupted', 'typed', 'told', 'export_asked_for'],
    lifetimeMs: SESSION_LIFETIME_MS,
  });
}
