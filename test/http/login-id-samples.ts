// Sample data for the views about the login ID, an address or a mobile number; see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';

type LoginIdSample = { view: string; title: string; data: object; name: string };

/** @param action where the forms of the samples lead */
export function loginIdSamples(t: Translate, action: string): LoginIdSample[] {
  const number = '090-1234-5678';
  const time = '2026年11月1日 9:30';
  const page = (data: object, suffix = ''): LoginIdSample => ({
    view: 'account-mobile-number',
    title: 'mobile_number.title',
    data: { action, values: { mobile_number: '' }, ...data },
    name: `account-mobile-number${suffix}`,
  });
  const code = (data: object, suffix = ''): LoginIdSample => ({
    view: 'account-mobile-number-code',
    title: 'mobile_number_code.title',
    data: { action, resendAction: `${action}/resend`, number, ...data },
    name: `account-mobile-number-code${suffix}`,
  });
  const email = 'tanaka@example.jp';
  const address = (data: object, suffix = ''): LoginIdSample => ({
    view: 'account-email',
    title: 'account_email.title',
    data: { action, email, ...data },
    name: `account-email${suffix}`,
  });
  return [
    address({ values: { email: '' } }),
    address({ values: { email: 'x' }, errors: { email: t('form_errors.email_syntax') } }, '-error'),
    {
      view: 'account-email-code',
      title: 'account_email_code.title',
      data: { action, resendAction: '/resend', email, canResendInSeconds: 58 },
      name: 'account-email-code',
    },
    page({ values: { mobile_number: number } }),
    page({ number, since: time, done: 'on' }, '-on'),
    page({ number, since: time, rests: true, values: { mobile_number: number } }, '-rests'),
    page({ values: { mobile_number: '03-1234-5678' }, errors: { mobile_number: t('mobile_number.not_mobile') } }, '-error'),
    code({ canResendInSeconds: 58 }),
    code({ resent: true, canResendInSeconds: 0 }, '-resent'),
    code({ canResendInSeconds: 0, errors: { code: t('form_errors.code_wrong') } }, '-error'),
  ];
}
