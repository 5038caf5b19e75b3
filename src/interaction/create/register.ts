// 登録: writes the account once, with everything, from the draft alone.
import type { Deps } from '../../deps.ts';
import {
  asRegistered,
  beginRegistering,
  giveUpRegistering,
  isComplete,
  type CompleteDraft,
  type RegistrationDraft,
} from '../../domain/registration-draft.ts';
import { AlreadyExists, type StoredLegacyProfile } from '../../storage/storage.ts';
import { changeDraft, draftIdOf, legacyClaim } from './draft.ts';

/**
 * What came of 登録: the draft is registered; or something is missing in it; or an ID was made meanwhile elsewhere, for the legacy
 * identity (`legacy_registered`) or the address (`address_registered`).
 */
export type Registered = 'done' | 'incomplete' | 'legacy_registered' | 'address_registered';

/**
 * Makes the account of a complete draft. Pressed twice, by two tabs at once, or again after a failure, it makes one: from the first press on
 * the draft does not change any more, and the account's id is in it.
 * @param mayRegister whether nothing is missing; asked about the draft that stands when the press counts
 */
export async function register(
  deps: Pick<Deps, 'storage' | 'clock'>,
  from: { legacy: StoredLegacyProfile | undefined; browserId: string; language: string },
  mayRegister: (draft: RegistrationDraft) => boolean,
): Promise<Registered> {
  const { clock } = deps;
  const { legacy, browserId, language } = from;
  const id = draftIdOf(legacy, browserId);
  const draft = await changeDraft(deps, id, (standing) =>
    mayRegister(standing) ? beginRegistering(standing, browserId, clock()) : standing,
  );
  if (draft.registered_at !== undefined) return 'done';
  if (draft.registering_at === undefined || !isComplete(draft, browserId)) return 'incomplete';

  const { account_id: accountId, email } = draft;
  const claim = legacy && legacyClaim(deps, legacy);
  if (claim && !(await claim.take(accountId))) {
    await changeDraft(deps, id, giveUpRegistering);
    return 'legacy_registered';
  }
  if (!(await createOnce(deps, draft, { browserId, language }))) {
    await claim?.release(accountId);
    await changeDraft(deps, id, giveUpRegistering);
    return 'address_registered';
  }
  await claim?.complete(accountId);
  await changeDraft(deps, id, (standing) => asRegistered(standing, { id: accountId, email }, clock()));
  return 'done';
}

/** Writes the account, or finds it written by another press. Answers `false` where the address is another account's. */
async function createOnce(
  { storage: { accounts } }: Pick<Deps, 'storage'>,
  draft: CompleteDraft,
  from: { browserId: string; language: string },
): Promise<boolean> {
  try {
    await accounts.register(draft, from, { terms: draft.terms.version });
    return true;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    return (await accounts.find(draft.account_id)) !== undefined;
  }
}
