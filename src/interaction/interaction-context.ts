// The types of the context in the routes of a step. The router has loaded and checked the interaction.
import type { FollowLegacyUser } from './follow-legacy-user.ts';
import type { ParameterizedContext } from 'koa';
import type Router from 'koa-router';
import type { Client } from '../config/config.ts';
import type { PageState } from '../http/page-context.ts';
import type { Acr } from '../domain/authentication-methods.ts';
import type { CurrentSession } from '../oidc/sessions/current-session.ts';
import type { SignedIn } from '../oidc/sessions/signed-in.ts';
import type { DeviceRequest } from '../oidc/device/device-request.ts';
import type { RequestFacts } from '../oidc/policy/request-facts.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../storage/storage.ts';

export type Interaction = {
  uid: string;
  /** The same from the authorization request to its end, while the uid changes with each step. */
  cid: string;
  /** The path of this step's pages: `/interaction/<uid>/<step>`. */
  path: string;
  /** The parameters of the authorization request (OpenID Connect Core 3.1.2.1). */
  params: Record<string, unknown>;
  /** The checks of the policy that asked for this step. */
  reasons: string[];
  client: Client;
  /** The decisions in this authorization request so far. */
  facts: RequestFacts;
  legacy: StoredLegacyProfile | undefined;
  /** The device that is to be signed in (RFC 8628); `undefined` if the request came by this browser. */
  device: DeviceRequest | undefined;
  /** The account of the session in which the interaction began. */
  accountId: string | undefined;
  /** See `createBrowserIds`. */
  browserId: string;
  /** The dealer link that the client asks for. */
  dealerLink: { dealer?: string } | undefined;
  /** The requested scopes, each with its claims. */
  scopes: { name: string; claims: readonly string[] }[];
  /** The class that the sign-in has to reach (`acr_values`, or an essential `acr` of the `claims` parameter). */
  essentialAcr: Acr | undefined;
  /** The interaction of this request in which the person signed in. */
  signedInAt: string | undefined;
  /** The single claims about the person that are requested besides (the `claims` parameter). */
  claims: readonly string[];
  /** Finishes the step. The policy then decides again. */
  finish: (result: Record<string, object>) => Promise<void>;
  /**
   * Keeps the request for as long as the registration draft, from now on. For a person who has proven an address; after that and after
   * a sign-in, new interactions are kept by themselves.
   */
  keep: () => Promise<void>;
  /**
   * Cancels the request: forgets the choice at ⑩ and returns an error to the client, `access_denied` by default (RFC 6749 4.1.2.1;
   * OpenID Connect Core Error Code unmet_authentication_requirements).
   */
  cancel: (error?: 'access_denied' | 'unmet_authentication_requirements') => Promise<void>;
  /** Counts how far a legacy user has come. */
  follow: FollowLegacyUser;
  /** Writes facts of this request. */
  setFacts: (change: Partial<InteractionFacts>) => Promise<void>;
  /**
   * Reads the current session of that account; `undefined` if the person has signed out or another person has signed in. If nobody was
   * signed in when the interaction began, it is the session of anybody who is now.
   */
  currentSession: () => Promise<CurrentSession | undefined>;
  /** Reads the session in which the interaction began, for the second factor; `undefined` if it has ended. */
  passwordSession: () => Promise<CurrentSession | undefined>;
  /** Ends another person's session in this browser, before this account signs in. */
  leaveSession: (accountId: string) => Promise<void>;
  /** Grants the client's request. @returns the grant's id */
  grant: (person: SignedIn) => Promise<string>;
};

export type InteractionState = PageState & { interaction: Interaction };
export type InteractionContext = ParameterizedContext<InteractionState>;

/** Adds the routes of pages. The paths are relative to the step. */
export type AddRoutes = (router: Router<InteractionState>) => void;

/** A step that may come before the login. */
export type InteractionStep = { needsPerson?: false; addRoutes: AddRoutes };

/** The state of a step after the login: the interaction has the person's account. */
export type SignedInState = PageState & { interaction: Interaction & SignedIn };
export type SignedInContext = ParameterizedContext<SignedInState>;

/** A step after the login. Its prompt comes after `login` in the policy. */
export type SignedInStep = {
  needsPerson: true;
  addRoutes: (router: Router<SignedInState>) => void;
};
