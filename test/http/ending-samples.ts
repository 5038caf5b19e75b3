// Samples of the pages on which something ends, a dealer link or the ID itself (退会), and of the copy of one's data; see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';
import type { MyData } from '../../src/account/my-data/my-data.ts';
import { secondFactorSamples } from './second-factor-samples.ts';
import type { ViewSample } from './view-samples.ts';

type Site = (view: string, title: string, data: object) => ViewSample;

const WHEN = '2026年11月1日 9:30';
const REPORTED = { device: 'Safari / iPhone', time: WHEN, resetAction: '/password/forgotten' };
const TEXT = {
  version: '2026-10',
  language: 'ja',
  sha256: 'ab'.repeat(32),
  text: '# 利用規約\n\n第1条 この規約は、共通IDの利用に適用されます。',
};

export function endingSamples(t: Translate, site: Site, dealerName: string): ViewSample[] {
  const data: MyData = {
    $schema: 'https://id.example/my-data.schema.json',
    made_at: WHEN,
    account: {
      id: '6f2a4b1e-5c0d-4a55-9a0e-3f1d2c4b5a69',
      email: 'tanaka@example.jp',
      email_verified_at: WHEN,
      language: 'ja',
      created_at: WHEN,
      updated_at: WHEN,
      lost_mailbox_requests: [{ email: 'n***@example.jp', asked_at: WHEN, state: 'stopped' }],
      earlier_emails: [{ email: 'taro@example.jp', kept_until: WHEN }],
    },
    profile: {},
    confirmations: [{ client_id: 'MyTOYOTA整備手帳', claims: ['birthdate'], confirmed_at: WHEN }],
    passkeys: [{ name: 'iPhone', created_at: WHEN, synced: true }],
    second_factor: { added_at: WHEN, recovery_codes_left: 9, recovery_codes_made_at: WHEN },
    agreements: [{ what: 'terms', text: TEXT, agreed_at: WHEN }],
    services: [{ client_id: 'my-route', name: 'my route', scopes: ['openid', 'email'], since: WHEN }],
    browsers: [{ signed_in_at: WHEN, client_ids: ['my-route'] }],
    sign_ins: [],
    failed_sign_ins: [{ at: WHEN, method: 'password', times: 2 }],
    dealer_links: [
      {
        dealer: 'T23001',
        name: dealerName,
        status: 'active',
        consents: [{ client_id: 'MyTOYOTA整備手帳', given_at: WHEN, share: ['profile'], receive: ['requests'], text: TEXT }],
      },
    ],
    migrations: [
      {
        client_id: 'トヨタオーナーズサイト',
        legacy_id: 'tanaka01',
        started_at: WHEN,
        completed_at: WHEN,
        dealer: { code: 'T23001', customer_number: '0001234' },
        vehicles: [{ vin: 'ZVW60-0001234', registration_number: '豊田 300 あ 12-34', model: 'プリウス' }],
      },
    ],
  };
  const rows = [
    { label: t('profile_fields.family_name.label'), value: '田中' },
    { label: t('profile_fields.given_name.label'), value: '太郎' },
  ];
  const action = '/account/withdrawal';
  const email = 'tanaka@example.jp';
  return [
    ...secondFactorSamples(t, '/interaction/abc/second-factor'),
    site('account-ask', 'account_withdraw.title', {
      action,
      subject: dealerName,
      text: t('account_withdraw.text'),
      points: [t('account_withdraw.point_1'), t('account_withdraw.point_2')],
      submit: t('account_withdraw.submit'),
    }),
    site('account-dealer-link', 'account_dealer_link.title', {
      name: dealerName,
      status: 'active',
      since: WHEN,
      consents: [
        { service: 'MyTOYOTA整備手帳', time: WHEN, language: 'ja', version: '2026-10', paragraphs: TEXT.text.split('\n\n') },
        { service: 'GAZOO', time: WHEN, language: 'ja', version: '2026-04', paragraphs: [] },
      ],
      withdrawUrl: '/account/dealer-links/a/withdraw',
      backUrl: '/account',
    }),
    site('account-history', 'sign_in_history.title', {
      backUrl: '/account',
      signIns: [
        { time: WHEN, device: 'Safari / iPhone', service: 'my route', method: t('sign_in_history.method.password') },
        {
          time: WHEN,
          device: t('sign_in_history.unknown_device'),
          service: 'GAZOO',
          method: t('sign_in_history.method.device_passkey'),
          region: '日本 愛知県',
        },
        {
          time: WHEN,
          device: 'Google Chrome / Windows',
          service: t('sign_in_history.at_my_page'),
          method: t('sign_in_history.method.password'),
          failed: t('sign_in_history.failed', { count: 12 }),
        },
      ],
    }),
    {
      ...site('sign-in-report', 'sign_in_report.title', {
        action: '/account/sign-in/report',
        token: 'abc',
        device: 'Safari / iPhone',
        time: WHEN,
      }),
      kind: 'step',
    },
    { ...site('sign-in-reported', 'sign_in_reported.title', { ...REPORTED, email }), kind: 'step' },
    {
      ...site('sign-in-reported', 'sign_in_reported.title', { ...REPORTED, email: '' }),
      kind: 'step',
      name: 'sign-in-reported-moved',
    },
    site('account-my-data', 'my_data.title', { action: '/account/my-data', backUrl: '/account' }),
    site('account-my-data-shown', 'my_data.title', {
      data,
      rows,
      madeAt: WHEN,
      fileUrl: '/account/my-data/file',
      backUrl: '/account',
    }),
    site('account-withdrawal', 'account_withdrawal.title', {
      action,
      email,
      services: ['MyTOYOTA整備手帳', 'my route'],
      dealers: [dealerName],
      days: 14,
      years: 10,
    }),
    { ...site('account-withdrawn', 'account_withdrawn.title', { days: 14 }), kind: 'note' },
    {
      ...site('withdrawal', 'withdrawal.title', { action, cancelAction: '/cancel', email, ends: '2026年11月15日 9:30' }),
      kind: 'step',
    },
  ];
}
