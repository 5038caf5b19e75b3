// The draft of the registration that an interaction works on: found, and written back whatever another tab did meanwhile.
import {
  draftIdOfBrowser,
  draftIdOfLegacyIdentity,
  REGISTRATION_DRAFT_LIFETIME_MS,
  type RegistrationDraft,
} from '../../domain/registration-draft.ts';
import type { Deps } from '../../deps.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';
import { untilUndisturbed } from '../../storage/until-undisturbed.ts';

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

/**
 * Writes a change of a draft. Of two tabs the later press wins, field by field.
 * @param isDone whether a draft that somebody else wrote in between has the change already; then it is left as it is
 */
export async function changeDraft(
  deps: Pick<Deps, 'storage' | 'clock'>,
  draft: RegistrationDraft,
  change: Partial<RegistrationDraft>,
  isDone: (standing: RegistrationDraft) => boolean = () => false,
): Promise<RegistrationDraft> {
  const { registrationDrafts } = deps.storage;
  let standing: RegistrationDraft | undefined = draft;
  return untilUndisturbed(async () => {
    const before = standing ?? (await registrationDrafts.find(draft.id)) ?? { ...draft, version: 0 };
    // What we were given is what we read; after a conflict it is of no use any more.
    if (standing === undefined && isDone(before)) return before;
    standing = undefined;
    return registrationDrafts.put({ ...before, ...change, expires_at: deps.clock() + REGISTRATION_DRAFT_LIFETIME_MS });
  });
}
