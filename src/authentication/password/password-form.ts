// Checks a new password from a form and describes its problems in the person's language.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { checkPassword, personalData } from '../../domain/password-policy.ts';
import type { Translate } from '../../http/translator.ts';

/** Returns the password rule for the page that shows it; the lengths are in characters. */
export function passwordRule({ config }: Pick<Deps, 'config'>): { min: number; max: number; symbols: string } {
  const { minLength: min, maxLength: max, symbols } = config.passwordPolicy;
  return { min, max, symbols };
}

/** Describes all problems of a new password in one text; `undefined` if there are none. */
export function passwordProblem(
  deps: Pick<Deps, 'config' | 'commonPasswords'>,
  password: string,
  person: Partial<Pick<Account, 'email' | 'profile'>>,
  t: Translate,
): string | undefined {
  if (password === '') return t('form_errors.password_missing');
  const personal = personalData(person.email, person.profile);
  const problems = checkPassword(password, deps.config.passwordPolicy, personal, deps.commonPasswords);
  return problems.map((problem) => t(`form_errors.password_${problem}`, passwordRule(deps))).join(' ') || undefined;
}
