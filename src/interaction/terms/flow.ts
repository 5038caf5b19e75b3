// Writes down that a person has agreed to the terms in force.
import type { TermsText } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import { agreeTo } from '../../domain/terms.ts';
import { changeAccount } from '../../storage/change-account.ts';

/** Adds the agreement to those that were given before: what was agreed to when stays known. */
export async function agreeToTerms(deps: Pick<Deps, 'storage' | 'clock'>, accountId: string, text: TermsText): Promise<void> {
  const agreement = agreeTo(text, deps.clock());
  const { version, language, sha256 = null } = agreement;
  const event = { type: 'account.terms_agreed', data: { version, language, sha256 } };
  await changeAccount(deps, accountId, event, (account) => ({ ...account, terms: [...account.terms, agreement] }));
}
