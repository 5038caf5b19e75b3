// Samples of the pages about the second factor; see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';
import type { ViewSample } from './view-samples.ts';

const WHEN = '2026年11月2日 9:30';
const MFA = 'urn:common-id:acr:mfa';
const QR = {
  size: 25,
  path: Array.from({ length: 25 }, (_, y) => `M${y % 3} ${y}.5h7M${9 + (y % 5)} ${y}.5h3M18 ${y}.5h${1 + (y % 7)}`).join(''),
};
const CODES = ['7KMB-X2PD-9RTV', 'C3HW-Z8QF-4NJY', 'M6TK-2VXB-P9GD', 'R4ZC-H7NQ-8WKF', 'B2YJ-9DMT-X3VG'];

/** @param action where the forms lead */
export function secondFactorSamples(t: Translate, action: string): ViewSample[] {
  const [email, clientName, cancelAction, backUrl] = ['tanaka@example.jp', 'MyTOYOTA整備手帳', '/cancel', '/back'];
  const step = (view: string, title: string, data: object, name = view): ViewSample => ({
    name,
    view,
    kind: 'step',
    title,
    data: { action, cancelAction, backUrl, email, clientName, ...data },
  });
  const site = (view: string, title: string, data: object, name = view): ViewSample => ({
    ...step(view, title, data, name),
    kind: 'site',
  });
  const ways = { needed: MFA, app: true, passkey: false, newApp: false, newPasskey: false, declined: 'access_denied' };
  const page = { otherAction: action, recoveryUrl: '/recovery', passkeyAction: '/passkey', enrolUrl: '/enrol', ways };
  const enrol = { appAction: action, passkeyAction: action };
  const setup = {
    qr: QR,
    secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
    appUrl: 'otpauth://totp/TOYOTA%2FLEXUS%20ID',
    backLabel: t('second_factor_setup.stop'),
  };
  const account = { addAction: action, codesAction: action, keepAction: action, offUrl: '/off', backUrl: '/account' };
  return [
    step('second-factor', 'second_factor.title', { ...page, mayRemember: true }),
    step(
      'second-factor',
      'second_factor.title',
      { ...page, ways: { ...ways, passkey: true }, errors: { code: t('second_factor.app_wrong') } },
      'second-factor-error',
    ),
    step(
      'second-factor',
      'second_factor.title',
      { ...page, ways: { ...ways, app: false, passkey: true, declined: 'unmet_authentication_requirements' } },
      'second-factor-passkey',
    ),
    step(
      'second-factor',
      'second_factor.title',
      {
        ...page,
        ways: { ...ways, app: false, passkey: true, declined: 'unmet_authentication_requirements' },
        errors: { code: t('second_factor.passkey_failed') },
      },
      'second-factor-passkey-error',
    ),
    step('second-factor-recovery', 'second_factor_recovery.title', { lostUrl: '/lost' }),
    step(
      'second-factor-recovery',
      'second_factor_recovery.title',
      { lostUrl: '/lost', errors: { code: t('second_factor.recovery_wrong') } },
      'second-factor-recovery-error',
    ),
    step('second-factor-enrol', 'second_factor_enrol.title', {
      ...enrol,
      ways: { ...ways, newApp: true, newPasskey: true, declined: 'unmet_authentication_requirements' },
    }),
    step(
      'second-factor-enrol',
      'second_factor_enrol.title',
      { ...enrol, backUrl: undefined, ways: { ...ways, newPasskey: true, declined: 'unmet_authentication_requirements' } },
      'second-factor-enrol-passkey',
    ),
    step('second-factor-setup', 'second_factor_setup.title', setup),
    step(
      'second-factor-setup',
      'second_factor_setup.title',
      { backLabel: t('second_factor_setup.stop'), errors: { code: t('second_factor_setup.wrong') } },
      'second-factor-setup-error',
    ),
    step('recovery-codes', 'recovery_codes.title', { codes: [...CODES, ...CODES], left: 10, nextAction: action }),
    site('recovery-codes', 'recovery_codes.title', { left: 9 }, 'recovery-codes-gone'),
    step('second-factor-lost', 'second_factor_lost.title', {}),
    step('second-factor-lost', 'second_factor_lost.title', { due: WHEN }, 'second-factor-lost-waiting'),
    step('second-factor-lost-code', 'second_factor_lost_code.title', {
      resendAction: action,
      canResendInSeconds: 42,
      values: {},
    }),
    step(
      'second-factor-lost-code',
      'second_factor_lost_code.title',
      {
        resendAction: action,
        canResendInSeconds: 0,
        values: { birthdate_year: '1964' },
        errors: { code: t('form_errors.lost_wrong') },
      },
      'second-factor-lost-code-error',
    ),
    site('account-second-factor', 'account_second_factor.title', account, 'account-second-factor-off'),
    site('account-second-factor', 'account_second_factor.title', {
      ...account,
      done: 'kept',
      due: WHEN,
      on: { since: WHEN, left: 10 },
    }),
    step('second-factor-stop', 'second_factor_stop.title', { token: 'a.b', due: WHEN }),
    { ...step('second-factor-stopped', 'second_factor_stopped.title', { wayOn: '/password/forgotten' }), kind: 'note' },
  ];
}
