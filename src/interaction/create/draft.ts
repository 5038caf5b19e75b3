// The draft of the registration that an interaction works on: found, and written back whatever another tab did meanwhile.
import {
  draftIdOfBrowser,
  draftIdOfLegacyIdentity,
  REGISTRATION_DRAFT_LIFETIME_MS,
  type RegistrationDraft,
} from '../../domain/registration-draft.ts';
import type { Deps } from '../../deps.ts';
import { VersionConflict, type StoredLegacyProfile } from '../../storage/storage.ts';

/** The draft of the legacy identity that was handed over, else of this browser; empty where there is none yet. */
export async function findDraft(
  deps: Pick<Deps, 'storage' | 'clock'>,
  legacy: StoredLegacyProfile | undefined,
  browserId: string,
): Promise<RegistrationDraft> {
  const id = legacy ? draftIdOfLegacyIdentity(legacy.client_id, legacy.profile.legacy_id) : draftIdOfBrowser(browserId);
  const found = await deps.storage.registrationDrafts.find(id);
  return found ?? { id, version: 0, expires_at: deps.clock() + REGISTRATION_DRAFT_LIFETIME_MS };
}

/** Writes a change of a draft. Of two tabs the later press wins, field by field. */
export async function changeDraft(
  deps: Pick<Deps, 'storage' | 'clock'>,
  draft: RegistrationDraft,
  change: Partial<RegistrationDraft>,
): Promise<RegistrationDraft> {
  const { registrationDrafts } = deps.storage;
  let standing = draft;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await registrationDrafts.put({ ...standing, ...change, expires_at: deps.clock() + REGISTRATION_DRAFT_LIFETIME_MS });
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === 3) throw error;
      standing = (await registrationDrafts.find(draft.id)) ?? { ...draft, version: 0 };
    }
  }
}
