// Sample data for every view of the common ID: ordinary, full of errors, and extreme. Tests render it, and people may look at it.
import { PREFECTURES } from '../../src/domain/postal-code.ts';
import { makeProfile, type Profile } from '../../src/domain/profile-fields.ts';
import type { Translate } from '../../src/http/translator.ts';
import { journeyProgress } from '../../src/interaction/journey-progress.ts';
import { STEPS } from '../../src/interaction/steps.ts';
import { profileAsked } from '../../src/interaction/create/flow.ts';
import type { Language } from '../../src/language.ts';
import { claimsInWords } from '../../src/profile/claims-in-words.ts';
import { splitForm } from '../../src/profile/known-profile.ts';
import { campaignMailSamples } from './campaign-mail-samples.ts';
import { deviceSamples } from './device-view-samples.ts';
import { endingSamples } from './ending-samples.ts';
import { errorSamples } from './error-samples.ts';
import { LOST_MAILBOXES, lostMailboxSamples } from './lost-mailbox-samples.ts';
import { passwordSamples, PASSWORD_RULE as policy } from './password-samples.ts';
import { loginIdSamples } from './login-id-samples.ts';
import { passkeyLogin, passkeySamples } from './passkey-samples.ts';
import { askFor, formOf, profileFields, profileRows, shortRows, type Typed } from '../../src/profile/profile-form.ts';

export type ViewSample = {
  /** The name of the case: the view, and its special feature. */
  name: string;
  view: string;
  /** The app of the page, if the view does not say it. */
  app?: 'demo-clients' | 'operations-console';
  kind: 'step' | 'note' | 'site';
  /** The key of the title, or the title itself. */
  title: string;
  data: Record<string, unknown>;
};

type Journey = Parameters<typeof journeyProgress>[2];

const LONG_NAME = '寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処藪ら柑子';
const action = '/interaction/abc/step';

/** What is asked in each place, and what a person types there. */
const registrationAsked = profileAsked(true);
const accountForm = formOf(askFor(() => true));
const examples = makeProfile((_key, { example }) => example);
const values = { ...profileFields(examples), building: '' };
const profile = {
  action,
  email: 'tanaka@example.jp',
  prefilled: true,
  required: formOf(registrationAsked).required,
  prefectures: PREFECTURES,
  places: [],
  policy,
  passwordKept: false,
};
const dealer = { code: 'T23001', name: '愛知中央トヨタ自動車株式会社', brand: 'toyota', prefecture: '愛知県' };
const finalize = {
  waitUrl: '/interaction/abc/finalize/wait',
  refreshUrl: '/interaction/abc/finalize/wait',
  continueUrl: '/continue',
};
const sections = [
  {
    heading: '第1条（適用）',
    paragraphs: ['この規約は、共通IDの利用について定めます。', 'お客様は、この規約に同意のうえご利用ください。'],
  },
  { heading: '第2条（ID）', paragraphs: ['IDは、メールアドレスまたは携帯電話番号です。'] },
];

/** A page of a step that shows no more than this needs no sample of its own. */
const SIMPLE = {
  action,
  cancelAction: '/cancel',
  backUrl: '/back',
  email: 'tanaka@example.jp',
  clientName: 'MyTOYOTA整備手帳',
};

/** @param t only names rows and errors, as the routes do */
export function viewSamples(t: Translate, language: Language = 'ja'): ViewSample[] {
  const state = { language, t, now: Date.UTC(2026, 10, 1) };
  const rows = profileRows(examples, registrationAsked.keys(), state).map(({ label, value }) => ({ label, value }));
  const confirmed = shortRows(examples, registrationAsked.keys(), state).map(({ field, section, ...row }) => ({
    ...row,
    changeUrl: `/back?edit=${section}#${field}`,
  }));
  const { family_name_kana: _kana, given_name_kana: _givenKana, ...withGaps } = examples;
  const split = (known: Profile, shown: { values: Typed; errors?: Record<string, string>; edit?: string }) => ({
    ...shown,
    sections: splitForm(registrationAsked, known, { errors: {}, ...shown }, state),
  });
  const services = [
    'TOYOTA',
    'LEXUS',
    'Toyota Safety Connect',
    'GAZOO',
    'my route',
    'TOYOTA SHARE',
    'T-Cスマホナビ',
    'MyTOYOTA for T-Connect',
  ];
  const wholeJourney = { client: { requiredClaims: [{}] }, dealerLink: {}, facts: { registration: {} }, legacy: {} };
  const step = (view: string, data: object, name = view): ViewSample => ({
    name,
    view,
    kind: 'step',
    title: `${view.replaceAll('-', '_')}.title`,
    data: { progress: journeyProgress(view, '', wholeJourney as unknown as Journey), ...data },
  });
  const note = (view: string, data: object, name = view): ViewSample => ({ ...step(view, data, name), kind: 'note' });
  const about = {
    action,
    declineAction: '/sign-in',
    services: services.map((name) => ({ name })),
    termsUrl: '/terms',
    termsVersion: '2026-10',
  };
  const code = {
    action,
    declineAction: '/sign-in',
    resendAction: '/resend',
    backUrl: '/email',
    email: 'tanaka@example.jp',
    canResendInSeconds: 58,
  };
  const login = {
    action,
    cancelAction: '/cancel',
    registerAction: '/register',
    forgotUrl: '/forgotten',
    termsUrl: '/terms',
    privacyUrl: '/privacy',
    values: { login_id: 'tanaka@example.jp' },
    clientName: 'MyTOYOTA整備手帳',
    passkeyAction: '/passkey',
    acceptsNumber: true,
  };
  const required = {
    action,
    cancelAction: '/cancel',
    clientName: 'TOYOTA.JP（購入サポート）',
    ...formOf(new Map([['birthdate', { required: true }]])),
    reasons: { birthdate: 'パスワードをお忘れのときに、ご本人さまの確認に使用します。' },
    values,
    prefilled: { birthdate_year: 'legacy', birthdate_month: 'legacy', birthdate_day: 'legacy' },
    prefectures: PREFECTURES,
  };
  const dealers = [
    dealer,
    { code: 'L23001', name: 'レクサス名古屋', brand: 'lexus', prefecture: '愛知県' },
    { code: 'T13009', name: `東京${LONG_NAME}トヨタ販売株式会社`, brand: 'toyota', prefecture: '東京都' },
  ];
  const find = {
    action,
    chooseAction: action,
    skipAction: '/skip',
    prefectures: PREFECTURES,
    values: { prefecture: '', name: '' },
  };

  const samples: ViewSample[] = [
    step('about', { ...about, cancelAction: '/cancel' }),
    step('about', { ...about, declineAction: undefined, errors: { terms: t('form_errors.terms_missing') } }, 'about-error'),
    step('about', { ...about, termsRevised: true, cancelAction: '/cancel' }, 'about-terms-revised'),
    step('terms', { sections, effectiveFrom: '2026年10月1日' }),
    step('terms-changed', {
      action,
      cancelAction: '/cancel',
      termsUrl: '/terms',
      termsVersion: '2026-10',
      effectiveFrom: '2026年10月1日',
      changes: [
        { kind: 'changed', heading: '第2条 登録', after: ['新しい内容です。'], before: ['前の内容です。'] },
        { kind: 'added', heading: '第8条 新しい条', after: ['新しい条です。'], before: [] },
        { kind: 'removed', heading: '第9条 なくなった条', after: [], before: ['なくなった条です。'] },
      ],
    }),
    step('privacy', { sections }),
    step('email', { action, declineAction: '/sign-in', values: { email: 'tanaka@example.jp' }, prefilled: { email: true } }),
    step(
      'email',
      {
        action,
        declineAction: '/sign-in',
        values: { email: '' },
        prefilled: {},
        errors: { email: t('form_errors.email_missing') },
      },
      'email-error',
    ),
    step('code', code),
    step('code', { ...code, resent: true, canResendInSeconds: 0, errors: { code: t('form_errors.code_wrong') } }, 'code-error'),
    step('profile', { ...profile, ...split(examples, { values }) }),
    step('profile', { ...profile, ...split(withGaps, { values: profileFields(withGaps) }) }, 'profile-gaps'),
    step('profile', { ...profile, ...split(examples, { values, edit: 'address' }) }, 'profile-edit'),
    step(
      'profile',
      {
        ...profile,
        prefilled: false,
        places: [
          { value: '石川県|金沢市|大桑町', label: '石川県金沢市大桑町' },
          { value: '石川県|金沢市|三小牛町', label: '石川県金沢市三小牛町' },
        ],
        ...split(
          {},
          {
            values: { family_name: LONG_NAME },
            errors: {
              password: t('form_errors.password_too_short', { min: policy.min }),
              given_name: t('profile_fields.given_name.missing'),
              phone_number: t('profile_fields.phone_number.characters'),
              region: t('profile_fields.region.missing'),
            },
          },
        ),
      },
      'profile-error',
    ),
    step('profile', { ...profile, ...split(examples, { values }), passwordKept: true, required: {} }, 'profile-again'),
    step('confirm', { action, backUrl: '/back', emailUrl: '/email', email: 'tanaka@example.jp', rows: confirmed }),
    step('dealer-link', { action, cancelAction: '/cancel', dealer, declineAllowed: true }),
    step('dealer-link', { action, dealer: dealers[2], declineAllowed: false }, 'dealer-link-long'),
    step(
      'dealer-link',
      { action, cancelAction: '/cancel', dealer, declineAllowed: true, earlier: 'link' },
      'dealer-link-earlier',
    ),
    step('dealer-find', { ...find, searched: false, results: dealers }),
    step('dealer-find', { ...find, searched: false, results: [], earlier: 'skip' }, 'dealer-find-earlier'),
    step(
      'dealer-find',
      { ...find, values: { prefecture: '沖縄県', name: 'なは' }, searched: true, results: [] },
      'dealer-find-none',
    ),
    step('login', { ...login, afterRegistration: true }),
    step('login', { ...login, registerAction: undefined, errors: { login_id: t('form_errors.login_failed') } }, 'login-error'),
    step('login', { ...login, ...passkeyLogin(t) }, 'login-passkey-error'),
    step('login', { ...login, acceptsNumber: false }, 'login-email'),
    step('other-person', {
      action,
      cancelAction: action,
      clientName: 'トヨタオーナーズサイト',
      there: { name: '田中 太郎', birthdate: '西暦1990年1月1日（平成2年）' },
      here: { name: '鈴木 花子', birthdate: '西暦1991年2月2日（平成3年）', email: 'hanako@example.jp' },
    }),
    step('required-profile', required),
    step(
      'required-profile',
      {
        ...required,
        ...accountForm,
        reasons: {},
        values: {},
        prefilled: {},
        errors: { birthdate_year: t('profile_fields.birthdate.not_a_date'), gender: t('profile_fields.gender.missing') },
      },
      'required-profile-everything',
    ),
    step('required-profile-confirm', {
      action,
      backUrl: '/back',
      rows: [{ label: t('profile_fields.birthdate.label'), value: '西暦1995年12月25日（平成7年）' }],
    }),
    note('required-profile-done', { action }),
    note('finalize', { ...finalize, status: 'pending', dealerName: dealer.name }),
    note('finalize', { ...finalize, status: 'active', dealerName: dealer.name }, 'finalize-active'),
    note('finalize', { continueUrl: '/continue', status: 'failed', dealerName: dealer.name }, 'finalize-failed'),
    note('finalize', { ...finalize, status: 'active', dealerName: null }, 'finalize-without-dealer'),
    step('consent', {
      action,
      clientName: 'GAZOO',
      clientUri: 'https://gazoo.example/',
      termsUri: 'https://gazoo.example/terms',
      privacyUri: 'https://gazoo.example/privacy',
      logoUrl: '/client-logos/gazoo',
      firstParty: false,
      scopes: ['profile', 'email', 'offline_access', 'dealer_link'].map((scope) => ({
        name: t(`scopes.${scope}.name`),
        description: t(`scopes.${scope}.description`, { claims: claimsInWords(scope, t) }),
      })),
      dealers,
    }),
    ...deviceSamples(t, step, note),
    note('already-linked', { action, clientName: 'トヨタオーナーズサイト' }),
    note('registered-already', { action, clientName: 'トヨタオーナーズサイト', reason: 'legacy_registered' }),
    note(
      'registered-already',
      { action, clientName: 'MyTOYOTA整備手帳', reason: 'address_registered' },
      'registered-already-address',
    ),
    step('logout', { action, fields: [{ name: 'xsrf', value: 'x' }], clientName: 'MyTOYOTA整備手帳', cancelUrl: '/' }),
    step('logout', { action, fields: [{ name: 'xsrf', value: 'x' }], cancelUrl: '/', refused: '0123456789ab' }, 'logout-refused'),
    note('logged-out', {}),
    note('home', {
      services: [{ name: 'MyTOYOTA整備手帳', url: 'http://localhost:3002' }],
      isForDevelopers: true,
      isSandbox: true,
    }),
    ...passwordSamples(t, { step, note, code }),
    ...lostMailboxSamples(t, { step, note, code }),
    ...accountSamples(t, rows),
    ...errorSamples(t),
    ...campaignMailSamples(),
    {
      name: 'site',
      view: '/error',
      kind: 'site',
      title: 'errors.unavailable.title',
      data: {
        text: t('errors.unavailable.text'),
        action: t('errors.unavailable.action'),
        person: LONG_NAME,
        menu: [
          { label: 'メニュー', href: '/menu' },
          { label: '入庫予約', href: '/bookings', current: true },
          { label: 'ログアウト', href: '/logout', post: true },
        ],
      },
    },
  ];
  const shown = new Set(samples.map(({ view }) => view));
  const simple = Object.values(STEPS)
    .flatMap(({ pages }) => pages.flat())
    .filter((view) => !shown.has(view))
    .map((view) => step(view, SIMPLE));
  return [...samples, ...simple];
}

/** The account pages: with much data, with none, and the forms. */
function accountSamples(t: Translate, rows: object[]): ViewSample[] {
  const site = (view: string, title: string, data: object, name = view): ViewSample => ({
    name,
    view,
    kind: 'site',
    title,
    data: {
      person: '田中 太郎',
      menu: [{ label: t('account.title'), href: '/account', current: true }],
      backUrl: '/account',
      ...data,
    },
  });
  const time = '2026年11月1日 9:30';
  const links = (['active', 'pending', 'failed', 'withdrawn'] as const).map((status, index) => ({
    id: `dl_${index}`,
    name: `${status === 'failed' ? LONG_NAME : ''}愛知中央トヨタ自動車株式会社`,
    status,
    since: time,
    withdrawnAt: time,
  }));
  const services = [
    {
      id: 'maintenance-notebook',
      name: 'MyTOYOTA整備手帳',
      since: time,
      usedAt: time,
      scopes: ['profile', 'email'].map((s) => t(`scopes.${s}.name`)),
    },
  ];
  const browsers = [
    { current: true, device: 'Safari / iPhone', signedInAt: time, usedAt: time, services: [] },
    {
      current: false,
      device: 'Google Chrome / Windows',
      signedInAt: time,
      usedAt: time,
      services: ['MyTOYOTA整備手帳', 'GAZOO'],
    },
  ];
  const everything = {
    email: 'tanaka@example.jp',
    mobileNumber: '090-1234-5678',
    passkeys: 3,
    rows,
    links,
    services,
    browsers,
    done: 'profile',
  };
  const nothing = { passkeys: 0, offersPasskey: true, rows: [], links: [], services: [], browsers: [], done: undefined };
  const form = { action, email: 'tanaka@example.jp', values, ...accountForm, places: [] };
  return [
    site('account', 'account.title', { ...everything, lostMailboxes: LOST_MAILBOXES }),
    site('account', 'account.title', { ...everything, ...nothing, lostMailboxes: [] }, 'account-empty'),
    site('account-profile', 'account_profile.title', { ...form, prefectures: PREFECTURES }),
    site(
      'account-profile',
      'account_profile.title',
      { ...form, values: {}, prefectures: PREFECTURES, errors: { given_name: t('profile_fields.given_name.missing') } },
      'account-profile-error',
    ),
    site('account-password', 'account_password.title', { action, email: 'tanaka@example.jp', policy }),
    ...loginIdSamples(t, action).map(({ view, title, data, name }) => site(view, title, data, name)),
    ...passkeySamples(t, action).map(({ view, title, data, name, kind }) => ({
      ...site(view, title, data, name),
      ...(kind && { kind }),
    })),
    {
      ...site('password-again', 'password_again.title', {
        ...SIMPLE,
        passkeyOptions: {},
        before: 'change',
        typed: [['birthdate_year', '1960']],
        errors: { password_again: t('form_errors.current_password_wrong') },
      }),
      kind: 'step',
    },
    {
      ...site('email-undo', 'email_undo.title', {
        action,
        token: 'abc.def',
        change: { now: 'other@example.jp', before: 'tanaka@example.jp' },
        email: 'tanaka@example.jp',
        policy,
        errors: { known_password: t('form_errors.known_password_wrong') },
      }),
      kind: 'step',
    },
    {
      ...site('migration-undo', 'migration_undo.title', {
        action,
        token: 'abc',
        serviceName: 'トヨタオーナーズサイト',
        email: 'tanaka@example.jp',
        time: '2026年11月1日 9:30',
      }),
      kind: 'step',
    },
    {
      ...site('migration-undone', 'migration_undone.title', {
        serviceName: 'トヨタオーナーズサイト',
        wayOn: 'http://localhost:3001/',
      }),
      kind: 'note',
    },
    { ...site('email-undone', 'email_undone.title', { wayOn: '/account' }), kind: 'note' },
    ...endingSamples(t, site, dealer.name),
  ];
}

/** The pages of the demo clients: signed out, refused, and with much data. */
export function demoClientSamples(t: Translate): ViewSample[] {
  const ids = ['toyota-jp', 'gazoo', 'my-route', 'toyota-share', 'lexus'];
  const client = (name: string, id: string, data: object): ViewSample => ({
    name,
    view: '/demo-clients/client',
    app: 'demo-clients',
    kind: 'site',
    title: `clients.${id}.name`,
    data: {
      id,
      shows: t(`clients.${id}.shows`),
      scope: 'openid profile',
      menu: [{ label: t('client.all'), href: '/' }],
      ...data,
    },
  });
  const received = {
    claims: [{ name: 'sub', value: 'x'.repeat(200) }],
    userInfo: [{ name: 'name', value: LONG_NAME }],
    response: [{ name: 'scope', value: 'openid profile' }],
  };
  return [
    {
      name: 'demo-clients home',
      view: '/demo-clients/home',
      app: 'demo-clients',
      kind: 'site',
      title: 'home.title',
      data: {
        menu: [],
        clients: ids.map((id, index) => ({
          id,
          name: t(`clients.${id}.name`),
          shows: t(`clients.${id}.shows`),
          signedIn: index % 2 === 0,
        })),
      },
    },
    ...ids.map((id) => client(`demo-clients ${id}`, id, {})),
    client('demo-clients refused', 'gazoo', { refused: 'access_denied' }),
    client('demo-clients received', 'lexus', { received }),
  ];
}
