// 登録: writes the account once, with everything, from the draft alone.
import type { Account } from '../../domain/account.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';
import type { Deps } from '../../deps.ts';
import { AlreadyExists } from '../../storage/storage.ts';
import { changeDraft } from './draft.ts';

/**
 * Makes the account of a complete draft. Pressed twice, or by two tabs at once, it makes one: the id was put into the draft at ⑦.
 * @returns the account's id; `undefined` where the address was registered by somebody else since the code came back
 */
export async function register(
  deps: Pick<Deps, 'storage' | 'clock'>,
  draft: RegistrationDraft,
  language: string,
): Promise<string | undefined> {
  if (draft.registered_at !== undefined) return draft.account_id;
  const now = deps.clock();
  const account: Account = {
    id: draft.account_id as string,
    version: 1,
    email: draft.email as string,
    email_canonical: draft.email_canonical as string,
    email_verified_at: draft.email_verified_at as number,
    password_hash: draft.password_hash as string,
    profile: draft.profile ?? {},
    terms: draft.terms ? [draft.terms] : [],
    confirmations: {},
    language,
    created_at: now,
    updated_at: now,
  };
  try {
    await deps.storage.accounts.create(account, {
      type: 'account.created',
      subject: account.id,
      data: { terms: draft.terms?.version ?? null },
      at: now,
    });
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    const owner = await deps.storage.accounts.findByEmail(account.email_canonical);
    if (owner?.id !== account.id) return undefined;
  }
  // What was typed is in the account now; the draft only remembers that it is done. However often it was pressed at once, one writes that.
  await changeDraft(deps, draft.id, (standing) => {
    if (standing.registered_at !== undefined) return standing;
    const { password_hash: _hash, profile: _profile, ...rest } = standing;
    return { ...rest, account_id: account.id, registered_at: now };
  });
  return account.id;
}
