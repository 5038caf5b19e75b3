// The interaction policy: what is missing? Asked in this order, from stored facts, until nothing is.
//
//   create → dealer_link → login → terms → required_profile → link → consent
import { decodeJwt } from 'jose';
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import { signInIsOver, type Account } from '../../domain/account.ts';
import { legacyRegistrationId } from '../../domain/legacy-registration.ts';
import { isOpenTo, isTakenBack, stands, type DealerLink } from '../../domain/dealer-link.ts';
import type { Migration } from '../../domain/migration.ts';
import { missingRequiredClaims } from '../../domain/required-profile.ts';
import { mustAgreeAgain } from '../../domain/terms.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../../storage/storage.ts';
import { requestedDealerLink } from '../grants/dealer-link-grant.ts';
import { findLegacyProfile } from '../migration/legacy-hand-over.ts';
import { pairwiseSubject } from '../clients/pairwise-subject.ts';
import { readFacts, type RequestFacts } from './request-facts.ts';
import { isTooOld } from '../sessions/session-lifetime.ts';

const { Check, Prompt, base } = interactionPolicy;

type PolicyDeps = Pick<Deps, 'clients' | 'config' | 'storage' | 'clock'>;

/** What the checks of one request look at; read once a request. */
type Request = {
  facts: RequestFacts;
  legacy: StoredLegacyProfile | undefined;
  migration: Migration | undefined;
};

export function createPolicy(deps: PolicyDeps): interactionPolicy.DefaultPolicy {
  const policy = base();
  const read = createRequestReader(deps);

  const login = policy.get('login')!;
  login.checks.remove('id_token_hint');
  for (const check of [hintCheck(deps), signInOverCheck(deps), ...continueChecks(read)]) login.checks.add(check);
  const consent = policy.get('consent')!;
  // The dealer page is asked by its own prompt, before anybody has signed in.
  consent.checks.remove('rar_prompt');

  policy.clear();
  for (const prompt of [
    createPrompt(deps, read),
    dealerLinkPrompt(deps, read),
    login,
    termsPrompt(deps),
    requiredProfilePrompt(deps, read),
    linkPrompt(deps, read),
    consent,
  ]) {
    policy.add(prompt);
  }
  return policy;
}

const need = (missing: boolean): boolean => (missing ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT);

function createRequestReader({ storage, config }: PolicyDeps): (ctx: KoaContextWithOIDC) => Promise<Request> {
  const browserIds = createBrowserIds(config.issuer.startsWith('https:'));
  const read = async (ctx: KoaContextWithOIDC): Promise<Request> => {
    const legacy = await findLegacyProfile(ctx.oidc.params?.legacy_profile, storage.legacyProfiles);
    const cid = (ctx.oidc.entities.Interaction as { cid?: string } | undefined)?.cid;
    const [facts, migration] = await Promise.all([
      readFacts({ storage, config }, { cid, legacy, browserId: browserIds.read(ctx) }),
      legacy && storage.migrations.find(legacy.client_id, legacy.profile.legacy_id),
    ]);
    return { facts, legacy, migration };
  };
  const reading = new WeakMap<object, Promise<Request>>();
  return async (ctx) => {
    const known = reading.get(ctx.oidc) ?? read(ctx);
    reading.set(ctx.oidc, known);
    return known;
  };
}

type Reader = ReturnType<typeof createRequestReader>;

/** The account of whoever is signed in, as oidc-provider has just been told by `findAccount`. */
const signedInAccount = (ctx: KoaContextWithOIDC): Account | undefined => ctx.oidc.account?.stored as Account | undefined;

/** Whether the legacy identity belongs to another ID than the signed-in one: who hears so need not be asked anything before. */
function isAnothers(migration: Migration | undefined, ctx: KoaContextWithOIDC): boolean {
  const accountId = ctx.oidc.session?.accountId;
  return accountId !== undefined && migration?.account_id !== undefined && migration.account_id !== accountId;
}

/** ④–⑨, where `prompt=create` asks for a new ID (Initiating User Registration via OpenID Connect 1.0). */
function createPrompt({ storage }: PolicyDeps, read: Reader) {
  const prompt = new Prompt(
    { name: 'create', requestable: true },
    new Check('registration_requested', 'registration was requested', async (ctx) => {
      const { facts, legacy, migration } = await read(ctx);
      const wanted = facts.wants ?? (ctx.oidc.promptPending('create') ? 'registration' : 'login');
      if (wanted === 'login' || facts.registration) return need(false);
      if (!legacy) return need(true);
      // Linked before, or registered before and then abandoned: the person has an ID.
      if (migration?.account_id !== undefined || migration?.candidate !== undefined) return need(false);
      const draft = await storage.registrationDrafts.find(legacyRegistrationId(legacy.client_id, legacy.profile.legacy_id));
      return need(draft?.registered_at === undefined);
    }),
  );
  // oidc-provider's own check asks for whatever was requested, also somebody who has an ID.
  prompt.checks.remove('create_prompt');
  return prompt;
}

/** ⑩, where a dealer link was asked for and the person has neither answered nor agreed to a link with that dealer for this client. */
function dealerLinkPrompt(deps: PolicyDeps, read: Reader) {
  return new Prompt(
    { name: 'dealer_link', requestable: false },
    new Check('dealer_link_undecided', 'the dealer link was not decided on', 'consent_required', async (ctx) => {
      const asked = requestedDealerLink(ctx.oidc.params?.authorization_details);
      if (!asked) return need(false);
      const { facts, migration } = await read(ctx);
      if (isAnothers(migration, ctx)) return need(false);
      // Before anybody has signed in, the one whose legacy identity this is; asked again when somebody has.
      const accountId = ctx.oidc.session?.accountId ?? migration?.account_id ?? migration?.candidate?.account_id;
      const links = accountId ? await deps.storage.dealerLinks.listByAccount(accountId) : [];
      if (facts.dealer_choice && !isWithdrawnSince(facts.dealer_choice, links)) return need(false);
      return need(!links.some((link) => serves(link, ctx, deps) && (asked.dealer === undefined || link.dealer === asked.dealer)));
    }),
  );
}

/** Whether a link is all that this client needs: it stands, with a dealer that there is still, and the person agreed to it for this client. */
function serves(link: DealerLink, ctx: KoaContextWithOIDC, { clients, config }: PolicyDeps): boolean {
  const client = clients.find(ctx.oidc.client!.clientId);
  const known = config.dealers.some(({ code }) => code === link.dealer);
  return client !== undefined && known && stands(link) && isOpenTo(link, client);
}

/** Whether the link that was chosen was withdrawn after that: a choice is kept for a day, and must not undo a withdrawal. */
function isWithdrawnSince(
  { dealer, consent }: NonNullable<InteractionFacts['dealer_choice']>,
  links: readonly DealerLink[],
): boolean {
  return links.some((link) => link.dealer === dealer && consent !== undefined && isTakenBack(link, consent));
}

/**
 * A client that names a person by `id_token_hint` gets no code for another one (OpenID Connect Core 3.1.2.1). oidc-provider's own check
 * knows the hint when the request comes, and no more when somebody has signed in; it has verified the hint by then.
 */
function hintCheck({ config }: PolicyDeps) {
  return new Check(
    'id_token_hint',
    'id_token_hint names another person than the one who is signed in',
    'login_required',
    (ctx) => {
      const hint = ctx.oidc.params?.id_token_hint;
      const accountId = ctx.oidc.session?.accountId;
      if (typeof hint !== 'string' || !accountId) return need(false);
      const client = ctx.oidc.client!;
      const sub = client.subjectType === 'pairwise' ? pairwiseSubject(config.keys.subject, accountId, client) : accountId;
      return need(decodeJwt(hint).sub !== sub);
    },
  );
}

/** A session that was begun with another password or address, or that the person has ended, also where it was under way at that moment; or one that is too old. */
function signInOverCheck({ config, clock }: PolicyDeps) {
  return new Check('sign_in_over', 'the sign-in of this session counts no more', 'login_required', (ctx) => {
    const account = signedInAccount(ctx);
    const { loginTs: authTime, uid: sessionUid } = ctx.oidc.session ?? {};
    if (account === undefined) return need(false);
    const over = signInIsOver(account, { authTime, sessionUid, endsWithSession: true });
    return need(over || isTooOld(config.lifetimes, { loginTs: authTime }, clock()));
  });
}

/** Besides the usual reasons: a session that was there before this request is not taken for the person who is migrating. */
function continueChecks(read: Reader) {
  return [
    new Check(
      'not_the_registered_account',
      'the account that was just registered has not signed in',
      'login_required',
      async (ctx) => {
        const accountId = ctx.oidc.session?.accountId;
        const { facts } = await read(ctx);
        if (!accountId || facts.continue_as === accountId) return need(false);
        const registration = facts.registration;
        return need(registration !== undefined && registration.account_id !== accountId);
      },
    ),
    new Check(
      'person_unconfirmed',
      'whether to go on as the signed-in person was not decided',
      'account_selection_required',
      async (ctx) => {
        const accountId = ctx.oidc.session?.accountId;
        const { facts, legacy, migration } = await read(ctx);
        if (!accountId || !legacy) return need(false);
        if (facts.not_as === accountId) return need(true);
        if (facts.continue_as === accountId) return need(false);
        return need(migration?.account_id !== accountId && migration?.candidate?.account_id !== accountId);
      },
    ),
  ];
}

/** Where the terms have changed in a way that has to be agreed to, since the person agreed. */
function termsPrompt({ config, clock }: PolicyDeps) {
  return new Prompt(
    { name: 'terms', requestable: false },
    new Check('terms_changed', 'the terms that the person agreed to have changed', 'interaction_required', (ctx) => {
      const account = signedInAccount(ctx);
      return need(account !== undefined && mustAgreeAgain(config.terms, account.terms, clock()));
    }),
  );
}

/** ⑪–⑬, where the client's file requires what is missing or was not confirmed for this client yet. */
function requiredProfilePrompt({ clients, clock }: PolicyDeps, read: Reader) {
  return new Prompt(
    { name: 'required_profile', requestable: false },
    new Check(
      'required_profile_missing',
      'information that the service requires is missing',
      'interaction_required',
      async (ctx) => {
        const account = signedInAccount(ctx);
        const client = clients.find(ctx.oidc.client!.clientId);
        if (!account || !client?.requiredClaims.length) return need(false);
        if (isAnothers((await read(ctx)).migration, ctx)) return need(false);
        return need(missingRequiredClaims(account, client.metadata.client_id, client.requiredClaims, clock()).length > 0);
      },
    ),
  );
}

/** ⑭, once for each request that hands a legacy identity over or in which a dealer was chosen. */
function linkPrompt(deps: PolicyDeps, read: Reader) {
  return new Prompt(
    { name: 'link', requestable: false },
    new Check('link_unwritten', 'the migration or the dealer link is not written', 'interaction_required', async (ctx) => {
      const accountId = ctx.oidc.session?.accountId;
      if (!accountId) return need(false);
      const { facts, legacy, migration } = await read(ctx);
      if (legacy) {
        // Linked before: nothing to write for this account, and for another one a page that says so.
        if (isAnothers(migration, ctx)) return need(true);
        const waiting = migration?.candidate;
        const proposed = waiting?.account_id === accountId && waiting.code_challenge === ctx.oidc.params?.code_challenge;
        if (migration?.account_id === undefined && !proposed) return need(true);
      }
      const choice = facts.dealer_choice;
      if (!choice?.dealer) return need(false);
      const links = await deps.storage.dealerLinks.listByAccount(accountId);
      if (isWithdrawnSince(choice, links)) return need(false);
      return need(!links.some((link) => link.dealer === choice.dealer && serves(link, ctx, deps)));
    }),
  );
}
