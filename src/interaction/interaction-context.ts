// What the routes of a step find on the context: the interaction, which the router has loaded and checked.
import type { ParameterizedContext } from 'koa';
import type Router from 'koa-router';
import type { Client } from '../config/config.ts';
import type { PageState } from '../http/page-context.ts';
import type { CurrentSession } from '../oidc/sessions/current-session.ts';
import type { SignedIn } from '../oidc/sessions/signed-in.ts';
import type { RequestFacts } from '../oidc/policy/request-facts.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../storage/storage.ts';

export type Interaction = {
  uid: string;
  /** The path of this step's pages: `/interaction/<uid>/<step>`. */
  path: string;
  /** The parameters of the authorization request (OpenID Connect Core 3.1.2.1). */
  params: Record<string, unknown>;
  /** The checks of the policy that asked for this step. */
  reasons: string[];
  client: Client;
  /** What was decided in this authorization request so far. */
  facts: RequestFacts;
  legacy: StoredLegacyProfile | undefined;
  /** The account that was signed in when the interaction began. */
  accountId: string | undefined;
  /** See `createBrowserIds`. */
  browserId: string;
  /** The dealer link that the client asks for. */
  dealerLink: { dealer?: string } | undefined;
  /** The scopes that the client asks for, each with the claims that it opens. */
  scopes: { name: string; claims: readonly string[] }[];
  /** Ends the step: the policy is asked again. */
  finish: (result: Record<string, object>) => Promise<void>;
  /** The person does not want to go on: back to the client with `access_denied` (RFC 6749, section 4.1.2.1). The choice at ⑩ is forgotten. */
  cancel: () => Promise<void>;
  /** Writes facts of this request. */
  setFacts: (change: Partial<InteractionFacts>) => Promise<void>;
  /** The session of that account now; `undefined` where the person has signed out, or another person has signed in. */
  currentSession: () => Promise<CurrentSession | undefined>;
  /** Ends another person's session in this browser, before this account signs in. */
  leaveSession: (accountId: string) => Promise<void>;
  /** Grants to the client what it asks of this person; answers the grant's id. */
  grant: (person: SignedIn) => Promise<string>;
};

export type InteractionState = PageState & { interaction: Interaction };
export type InteractionContext = ParameterizedContext<InteractionState>;

/** Adds pages; their paths are relative to the step. */
export type AddRoutes = (router: Router<InteractionState>) => void;

/** A step that may come before the login. */
export type InteractionStep = { needsPerson?: false; addRoutes: AddRoutes };

/** The state of a step after the login: the interaction has the person's account. */
export type SignedInState = PageState & { interaction: Interaction & SignedIn };
export type SignedInContext = ParameterizedContext<SignedInState>;

/** A step after the login. Its prompt stands behind `login` in the policy. */
export type SignedInStep = {
  needsPerson: true;
  addRoutes: (router: Router<SignedInState>) => void;
};
