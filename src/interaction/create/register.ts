// 登録: writes the complete account once, from the draft alone.
import type { Deps } from '../../deps.ts';
import {
  asRegistered,
  beginRegistering,
  giveUpRegistering,
  isComplete,
  type CompleteDraft,
  type RegistrationDraft,
} from '../../domain/registration-draft.ts';
import type { LegacyIdentity } from '../../storage/records.ts';
import { AlreadyExists, type StoredLegacyProfile } from '../../storage/storage.ts';
import { changeDraft, draftIdOf, legacyClaim } from './draft.ts';

/**
 * The result of 登録: the draft is registered (`done`), the draft lacks input (`incomplete`), or another ID was made meanwhile for
 * the legacy identity (`legacy_registered`) or for the address (`address_registered`).
 */
export type Registered = 'done' | 'incomplete' | 'legacy_registered' | 'address_registered';

/**
 * Makes the account of a complete draft. It makes only one, even if it runs twice, in two tabs at once, or again after a failure:
 * the first press freezes the draft and stores the account's id in it.
 * @param mayRegister whether the draft is complete; called with the draft that the first press freezes
 */
export async function register(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>,
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
  const identity = legacy && { clientId: legacy.client_id, legacyId: legacy.profile.legacy_id };
  if (!(await createOnce(deps, draft, { browserId, language }, identity))) {
    await claim?.release(accountId);
    await changeDraft(deps, id, giveUpRegistering);
    return 'address_registered';
  }
  await claim?.complete(accountId);
  // Before the draft is done: a press after a failure sends it. The key keeps several presses to one mail.
  if (deps.config.noticeMails) {
    const values = { email, url: `${deps.config.issuer}/account` };
    await deps.jobs.enqueue('send_mail', `mail:welcome:${accountId}`, { to: email, template: 'welcome', language, values });
  }
  await changeDraft(deps, id, (standing) => asRegistered(standing, { id: accountId, email }, clock()));
  return 'done';
}

/** Writes the account, unless another press has. @returns `false` if the address belongs to another account */
async function createOnce(
  { storage: { accounts } }: Pick<Deps, 'storage'>,
  draft: CompleteDraft,
  from: { browserId: string; language: string },
  legacy: LegacyIdentity | undefined,
): Promise<boolean> {
  try {
    await accounts.register(draft, from, { terms: draft.terms.version }, legacy);
    return true;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    return (await accounts.find(draft.account_id)) !== undefined;
  }
}
