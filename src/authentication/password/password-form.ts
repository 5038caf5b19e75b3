// Checks a new password from a form and describes its problems in the person's language.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import {
  allowedCharacter,
  ANY_CHARACTER,
  checkPassword,
  PASSWORD_MAX_BYTES,
  personalData,
} from '../../domain/password-policy.ts';
import type { Translate } from '../../http/translator.ts';

/** The password rule as the pages show it, and as their script checks it. */
export type PasswordRule = {
  /** In characters. */
  min: number;
  max: number;
  symbols: string;
  /** Whether every printable character is allowed. */
  any: boolean;
  maxBytes: number;
  /** See `allowedCharacter`. */
  allowed: string;
};

/** Returns the password rule for the page that shows it. */
export function passwordRule({ config }: { config: Pick<Deps['config'], 'passwordPolicy'> }): PasswordRule {
  const { passwordPolicy } = config;
  const { minLength: min, maxLength: max, symbols } = passwordPolicy;
  const any = symbols === ANY_CHARACTER;
  return { min, max, symbols, any, maxBytes: PASSWORD_MAX_BYTES, allowed: allowedCharacter(passwordPolicy) };
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
  const { min, max, symbols, any } = passwordRule(deps);
  const sentences = problems.map((problem) => {
    const name = problem === 'characters' && any ? 'not_printable' : problem;
    return t(`form_errors.password_${name}`, { min, max, symbols });
  });
  return sentences.join(' ') || undefined;
}
