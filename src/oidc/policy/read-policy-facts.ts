// Reads the policy facts from oidc-provider's context and from storage, once per request.
import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { legacyRegistrationId } from '../../domain/legacy-registration.ts';
import { propertyOf } from '../../property-of.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';
import { essentialAcr, requestedSubjects } from '../claims-parameter.ts';
import { pairwiseSubject } from '../clients/pairwise-subject.ts';
import { requestedDealerLink } from '../grants/dealer-link-grant.ts';
import { findLegacyProfile } from '../migration/legacy-hand-over.ts';
import { createRememberedBrowsers } from '../sessions/remembered-browser.ts';
import type { PolicyFacts } from './policy-facts.ts';
import { readFacts } from './request-facts.ts';

/** Whether the person has signed in in this request. The step `second_factor` also has a `login` result, with the time of the sign-in before. */
const hasSignedIn = (result: unknown): boolean => propertyOf(propertyOf(result, 'login'), 'interaction') !== undefined;

export type PolicyDeps = Pick<Deps, 'clients' | 'config' | 'storage' | 'clock'>;

/** Makes the reader. All checks of a request share one result, because oidc-provider runs them one by one. */
export function createPolicyFactsReader(deps: PolicyDeps): (ctx: KoaContextWithOIDC) => Promise<PolicyFacts> {
  const { config, clients, storage, clock } = deps;
  const secure = config.issuer.startsWith('https:');
  const browserIds = createBrowserIds(secure);
  const remembered = createRememberedBrowsers(secure);

  async function hasRegistered({ client_id: clientId, profile }: StoredLegacyProfile): Promise<boolean> {
    const registration = await storage.registrationDrafts.find(legacyRegistrationId(clientId, profile.legacy_id));
    return registration?.registered_at !== undefined;
  }

  async function read(ctx: KoaContextWithOIDC): Promise<PolicyFacts> {
    const { oidc } = ctx;
    const { params = {}, session } = oidc;
    const legacy = await findLegacyProfile(params.legacy_profile, storage.legacyProfiles);
    const cid = oidc.entities.Interaction?.cid;
    const [decided, migration, legacyHasRegistered] = await Promise.all([
      readFacts(deps, { cid, legacy, browserId: browserIds.read(ctx) }),
      legacy && storage.migrations.find(legacy.client_id, legacy.profile.legacy_id),
      legacy ? hasRegistered(legacy) : false,
    ]);
    const asksForDealerLink = requestedDealerLink(params.authorization_details);
    const accountId = session?.accountId;
    const account = oidc.account?.stored as Account | undefined;
    // If nobody is signed in, use the account of the legacy identity.
    const linksOf = accountId ?? migration?.account_id ?? migration?.candidate?.account_id;
    const isAboutLinks = asksForDealerLink !== undefined || decided.dealer_choice !== undefined;
    return {
      now: clock(),
      config,
      client: clients.find(oidc.client!.clientId),
      asksForRegistration: oidc.promptPending('create'),
      asksForSelection: oidc.promptPending('select_account'),
      asksForDealerLink,
      deviceNeedsConsent: oidc.deviceCode !== undefined && oidc.result?.consent === undefined,
      codeChallenge: typeof params.code_challenge === 'string' ? params.code_challenge : undefined,
      hint: hintOf(ctx),
      wanted: wantedOf(ctx),
      maxAge: params.max_age === undefined || hasSignedIn(oidc.result) ? undefined : Number(params.max_age),
      accountId,
      account,
      sessionUid: session?.uid,
      authTime: session?.loginTs,
      essentialAcr: essentialAcr(params),
      remembersSecondFactor: account !== undefined && remembered.isRemembered(ctx, account, clock()),
      acr: session?.acr,
      decided,
      legacy,
      migration,
      legacyHasRegistered,
      dealerLinks: isAboutLinks && linksOf !== undefined ? await storage.dealerLinks.listByAccount(linksOf) : [],
    };
  }

  /** Decodes the hint without verification, because oidc-provider has verified it when the request arrived. */
  function hintOf({ oidc }: KoaContextWithOIDC): PolicyFacts['hint'] {
    const hint = oidc.params?.id_token_hint;
    const signedIn = signedInSubject(oidc);
    return typeof hint === 'string' && signedIn !== undefined ? { subject: decodeJwt(hint).sub, signedIn } : undefined;
  }

  function wantedOf({ oidc }: KoaContextWithOIDC): PolicyFacts['wanted'] {
    const subjects = requestedSubjects(oidc.params?.claims);
    const signedIn = signedInSubject(oidc);
    return subjects && signedIn !== undefined ? { subjects, signedIn } : undefined;
  }

  /** Returns the subject by which the client knows the signed-in person. */
  function signedInSubject({ session, client }: KoaContextWithOIDC['oidc']): string | undefined {
    const accountId = session?.accountId;
    if (!accountId) return undefined;
    return client!.subjectType === 'pairwise' ? pairwiseSubject(config.keys.subject, accountId, client!) : accountId;
  }

  const reading = new WeakMap<object, Promise<PolicyFacts>>();
  return async function readPolicyFacts(ctx) {
    const known = reading.get(ctx.oidc) ?? read(ctx);
    reading.set(ctx.oidc, known);
    return known;
  };
}
