// Reads and changes the registration draft of an interaction, and keeps a legacy identity from registering twice.
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

/** Returns the id of this browser's draft: the one for the legacy identity, if one was handed over, else its own. */
export function draftIdOf(legacy: StoredLegacyProfile | undefined, browserId: string): string {
  return draftId(browserId, legacy && { clientId: legacy.client_id, legacyId: legacy.profile.legacy_id });
}

/** Reads the draft. @returns an empty draft if there is none yet */
export async function findDraft({ storage, clock }: DraftDeps, id: string): Promise<RegistrationDraft> {
  const stored = await storage.registrationDrafts.find(id);
  return stored ? readDraft(stored) : emptyDraft(id, clock());
}

/** Changes a draft by a function of the stored one, or of an empty one if there is none. @returns the new draft */
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

/** Whether the legacy identity has registered this account. */
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
  /** @returns whether the account may be made; `false` if another one exists, or is being made, for the identity */
  take(accountId: string): Promise<boolean>;
  /** Call it after the account was written. */
  complete(accountId: string): Promise<void>;
  /** Call it if the registration failed and there is no account. */
  release(accountId: string): Promise<void>;
};

/** Makes the claim of a legacy identity. */
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
