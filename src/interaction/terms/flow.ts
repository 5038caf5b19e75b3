// Records a person's agreement to the terms in force.
import type { TermsText } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import { agreeTo } from '../../domain/terms.ts';
import { keepAgreedText } from '../../storage/agreed-texts.ts';
import { changeAccount } from '../../storage/change-account.ts';

/** Adds the agreement and keeps the earlier ones, as a record. It is idempotent: a text is recorded once. */
export async function agreeToTerms(deps: Pick<Deps, 'storage' | 'clock'>, accountId: string, text: TermsText): Promise<void> {
  await keepAgreedText(deps.storage, text.markdown);
  const agreement = agreeTo(text, deps.clock());
  const { version, language, sha256 = null } = agreement;
  const event = { type: 'account.terms_agreed' as const, data: { version, language, sha256 } };
  await changeAccount(deps, accountId, event, ({ terms, ...account }) =>
    terms.some((given) => given.version === version && given.language === language && given.sha256 === sha256)
      ? undefined
      : { ...account, terms: [...terms, agreement] },
  );
}
