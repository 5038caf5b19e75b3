// The draft of the registration that an interaction works on: found, and written back whatever another tab did meanwhile.
import {
  draftIdOfBrowser,
  draftIdOfLegacyIdentity,
  REGISTRATION_DRAFT_LIFETIME_MS,
  type RegistrationDraft,
} from '../../domain/registration-draft.ts';
import type { Deps } from '../../deps.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';

/** The draft of the legacy identity that was handed over, else of this browser. */
export function draftIdOf(legacy: StoredLegacyProfile | undefined, browserId: string): string {
  return legacy ? draftIdOfLegacyIdentity(legacy.client_id, legacy.profile.legacy_id) : draftIdOfBrowser(browserId);
}

/** The draft of a registration; empty where there is none yet. */
export async function findDraft(
  deps: Pick<Deps, 'storage' | 'clock'>,
  legacy: StoredLegacyProfile | undefined,
  browserId: string,
): Promise<RegistrationDraft> {
  const id = draftIdOf(legacy, browserId);
  const found = await deps.storage.registrationDrafts.find(id);
  return found ?? { id, version: 0, expires_at: deps.clock() + REGISTRATION_DRAFT_LIFETIME_MS };
}

/** Changes a draft by a function of the draft that stands; an empty one where none does. Answers how it stands then. */
export async function changeDraft(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  id: string,
  change: (draft: RegistrationDraft) => RegistrationDraft,
): Promise<RegistrationDraft> {
  const emptyDraft = (): RegistrationDraft => ({ id, version: 0, expires_at: clock() + REGISTRATION_DRAFT_LIFETIME_MS });
  const { now } = await storage.registrationDrafts.change(id, (standing) => {
    const draft = standing ?? emptyDraft();
    const next = change(draft);
    return next === draft ? undefined : { ...next, expires_at: clock() + REGISTRATION_DRAFT_LIFETIME_MS };
  });
  return now ?? emptyDraft();
}
