// Samples of the pages on which a forgotten password is replaced; see view-samples.ts.
import { passwordRule } from '../../src/authentication/password/password-form.ts';
import type { Translate } from '../../src/http/translator.ts';
import type { ViewSample } from './view-samples.ts';

type Make = (view: string, data: object, name?: string) => ViewSample;

/** The shipped rule. */
export const PASSWORD_RULE = passwordRule({ config: { passwordPolicy: { minLength: 8, maxLength: 20, symbols: '-*_!#$%' } } });

export function passwordSamples(
  t: Translate,
  { step, note, code }: { step: Make; note: Make; code: { action: string } },
): ViewSample[] {
  const policy = PASSWORD_RULE;
  return [
    step('password-forgotten', {
      action: code.action,
      interaction: 'abc',
      backUrl: '/login',
      values: { email: 'tanaka@example.jp' },
    }),
    step(
      'password-forgotten',
      { action: code.action, values: { email: '' }, errors: { email: t('form_errors.email_missing') } },
      'password-forgotten-error',
    ),
    step('password-code', { ...code, values: {} }),
    step(
      'password-code',
      { ...code, values: { birthdate_year: '1995' }, errors: { code: t('form_errors.reset_wrong') } },
      'password-code-error',
    ),
    step('password-new', { action: code.action, email: 'tanaka@example.jp', policy }),
    step(
      'password-new',
      { action: code.action, email: 'tanaka@example.jp', policy: { ...policy, max: 64, any: true } },
      'password-new-any',
    ),
    note('password-done', { wayOn: '/interaction/abc/login', toLogin: true }),
  ];
}
