// The draft of the registration that an interaction works on, and what is known of its legacy identity.
import type { Deps } from '../../deps.ts';
import {
  claimRegistration,
  completeRegistration,
  legacyRegistrationId,
  releaseRegistration,
  type LegacyRegistration,
} from '../../domain/legacy-registration.ts';
import { draftId, readDraft, REGISTRATION_DRAFT_LIFETIME_MS, type RegistrationDraft } from '../../domain/registration-draft.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';

type DraftDeps = Pick<Deps, 'storage' | 'clock'>;

/** The id of the draft of this browser for the legacy identity that was handed over, or for itself. */
export function draftIdOf(legacy: StoredLegacyProfile | undefined, browserId: string): string {
  return draftId(browserId, legacy && { clientId: legacy.client_id, legacyId: legacy.profile.legacy_id });
}

/** The draft; empty where there is none yet. */
export async function findDraft({ storage, clock }: DraftDeps, id: string): Promise<RegistrationDraft> {
  const stored = await storage.registrationDrafts.find(id);
  return stored ? readDraft(stored) : emptyDraft(id, clock());
}

/** Changes a draft by a function of the draft that stands; an empty one where none does. Answers how it stands then. */
export async function changeDraft(
  { storage, clock }: DraftDeps,
  id: string,
  change: (draft: RegistrationDraft) => RegistrationDraft,
): Promise<RegistrationDraft> {
  const { now } = await storage.registrationDrafts.change(id, (stored) => {
    const draft = stored ? readDraft(stored) : emptyDraft(id, clock());
    const next = change(draft);
    return next === draft ? undefined : { ...next, expires_at: clock() + REGISTRATION_DRAFT_LIFETIME_MS };
  });
  return now ? readDraft(now) : emptyDraft(id, clock());
}

function emptyDraft(id: string, now: number): RegistrationDraft {
  return { id, version: 0, expires_at: now + REGISTRATION_DRAFT_LIFETIME_MS };
}

/** Whether it is this account that the legacy identity has registered. */
export async function hasRegistered(
  { storage }: Pick<Deps, 'storage'>,
  { client_id: clientId, profile }: StoredLegacyProfile,
  accountId: string | undefined,
): Promise<boolean> {
  const registration = await storage.registrationDrafts.find(legacyRegistrationId(clientId, profile.legacy_id));
  return registration?.registered_at !== undefined && registration.account_id === accountId;
}

/** Keeps a legacy identity from registering twice. */
export type LegacyClaim = {
  /** @returns whether the account may be made; `false` where another one is made, or being made, for the identity */
  take(accountId: string): Promise<boolean>;
  /** The account is written. */
  complete(accountId: string): Promise<void>;
  /** The registration failed, and there is no account. */
  release(accountId: string): Promise<void>;
};

export function legacyClaim({ storage, clock }: DraftDeps, { client_id: clientId, profile }: StoredLegacyProfile): LegacyClaim {
  const { registrationDrafts, accounts } = storage;
  const id = legacyRegistrationId(clientId, profile.legacy_id);
  const change = async (to: (standing: LegacyRegistration) => LegacyRegistration): Promise<LegacyRegistration> => {
    const none: LegacyRegistration = emptyDraft(id, clock());
    const { now = none } = await registrationDrafts.change(id, (standing = none) => {
      const next = to(standing);
      return next === none ? undefined : next;
    });
    return now;
  };
  return {
    async take(accountId) {
      const owner = (await registrationDrafts.find(id))?.account_id;
      const exists = owner === undefined ? undefined : (await accounts.find(owner))?.id;
      const now = await change((standing) => claimRegistration(standing, accountId, exists, clock()));
      return now.account_id === accountId;
    },
    complete: async (accountId) => void (await change((standing) => completeRegistration(standing, accountId, clock()))),
    release: async (accountId) => void (await change((standing) => releaseRegistration(standing, accountId))),
  };
}
