// What a step's routes find on the context: the interaction, loaded and checked once by the router.
import type { ParameterizedContext } from 'koa';
import type Router from 'koa-router';
import type { Client } from '../config/config.ts';
import type { PageState } from '../http/page-context.ts';
import type { CurrentSession } from '../oidc/sessions/current-session.ts';
import type { RequestFacts } from '../oidc/policy/request-facts.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../storage/storage.ts';

export type Interaction = {
  uid: string;
  /** The path of this step's pages: `/interaction/<uid>/<step>`. */
  path: string;
  /** The parameters of the authorization request (OpenID Connect Core 3.1.2.1). */
  params: Record<string, unknown>;
  /** The checks of the policy that failed. */
  reasons: string[];
  client: Client;
  /** What was decided in this authorization request so far. */
  facts: RequestFacts;
  legacy: StoredLegacyProfile | undefined;
  /** Who is signed in. */
  accountId: string | undefined;
  /** See `createBrowserIds`. */
  browserId: string;
  /** The dealer link that the client asks for. */
  dealerLink: { dealer?: string } | undefined;
  /** The scopes that the client asks for, each with the claims that it opens. */
  scopes: { name: string; claims: readonly string[] }[];
  /** Ends the step well: the policy is asked again. */
  finish: (result: Record<string, object>) => Promise<void>;
  /** The person does not want to go on: back to the client with `access_denied` (RFC 6749 4.1.2.1). What was chosen at ⑩ is forgotten. */
  cancel: () => Promise<void>;
  /** Writes facts of this request. */
  setFacts: (change: Partial<InteractionFacts>) => Promise<void>;
  /** Who is signed in now, and since when. */
  currentSession: () => Promise<CurrentSession | undefined>;
  /** Ends the session of whoever else is signed in, before this account is. */
  leaveSession: (accountId: string) => Promise<void>;
  /** Grants what the client asks for; answers the grant's id. */
  grant: () => Promise<string>;
};

export type InteractionState = PageState & { interaction: Interaction };
export type InteractionContext = ParameterizedContext<InteractionState>;

/** Adds pages; their paths are relative to the step. */
export type AddRoutes = (router: Router<InteractionState>) => void;

/** A step of the interaction: the folder with the name of its prompt. */
export type InteractionStep = {
  /** The prompt in a path: `dealer-link` for `dealer_link`. */
  path: string;
  addRoutes: AddRoutes;
};
