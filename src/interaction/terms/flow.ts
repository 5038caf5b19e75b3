// Writes down that a person has agreed to the terms in force.
import type { TermsText } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { agreeTo } from '../../domain/terms.ts';
import { untilUndisturbed } from '../../storage/until-undisturbed.ts';

/** Adds the agreement to those that were given before: what was agreed to when stays known. */
export async function agreeToTerms(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  accountId: string,
  text: TermsText,
): Promise<void> {
  await untilUndisturbed(async () => {
    const account = (await storage.accounts.find(accountId)) as Account;
    const agreement = agreeTo(text, clock());
    const { version, language, sha256 = null } = agreement;
    await storage.accounts.update(
      { ...account, terms: [...account.terms, agreement], updated_at: agreement.accepted_at },
      { type: 'account.terms_agreed', subject: accountId, data: { version, language, sha256 }, at: agreement.accepted_at },
    );
  });
}
