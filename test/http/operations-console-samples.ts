// Sample data for every view of the operations console: ordinary, empty, and extreme.
import type { Translate } from '../../src/http/translator.ts';
import type { ViewSample } from './view-samples.ts';

const LONG = '寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末'.repeat(3);
const ID = '22249877-0cb2-476d-9a07-0dbd98f9b4c5';
const AT = '2026年11月30日 9:05';
const ACTIONS = ['unlock', 'end-sessions', 'remove-second-factor', 'disable', 'enable', 'export', 'erase'];

/** The pages of the operations console. */
export function operationsConsoleSamples(t: Translate): ViewSample[] {
  const menu = [
    { label: t('menu.support'), href: '/support', current: true },
    { label: t('menu.migration'), href: '/migration' },
    { label: t('menu.jobs'), href: '/jobs' },
    { label: t('menu.audit'), href: '/audit' },
    { label: t('menu.logout'), href: '/logout', post: true },
  ];
  const site = (view: string, title: string, data: object, name = view): ViewSample => ({
    name: `operations-console ${name}`,
    view: `/operations-console/${view}`,
    app: 'operations-console',
    kind: 'site',
    title,
    data: { menu, person: 'operator', ...data },
  });
  const note = (view: string, title: string, data: object = {}, name = view): ViewSample => ({
    ...site(view, title, { menu: [], person: undefined, ...data }, name),
    kind: 'note',
  });
  const tables = [
    { name: 'limits', heads: ['limit', 'held', 'until'].map((head) => t(`person.heads.${head}`)), rows: [] },
    {
      name: 'messages',
      heads: ['made_at', 'message', 'fate'].map((head) => t(`person.heads.${head}`)),
      rows: Array.from({ length: 3 }, () => [AT, t('person.channels.mail', { name: t('email_code.heading') }), LONG]),
    },
  ];
  const person = {
    reason: 'C-1024',
    isUnmasked: false,
    identity: [
      { label: t('person.facts.state'), value: t('person.since', { state: t('states.disabled'), time: AT }) },
      { label: t('person.facts.email'), value: 'ta***@example.jp' },
      { label: t('person.facts.account_id'), value: ID },
    ],
    methods: [{ label: t('person.facts.passkey'), value: t('person.passkey_used', { name: LONG, time: AT }) }],
    tables,
    timeline: [{ at: AT, words: LONG }],
    actions: ACTIONS.map((name) => ({ name, href: `/people/${ID}/${name}` })),
    unmaskAction: `/people/${ID}/unmask`,
  };
  const action = (name: string, data: object, sample: string): ViewSample =>
    site(
      'action',
      `actions.${name}.title`,
      {
        text: t(`actions.${name}.text`),
        submit: t(`actions.${name}.submit`),
        action: `/people/${ID}/${name}`,
        back: `/people/${ID}`,
        form: { reason: 'C-1024', key: ID, confirm: '' },
        ...data,
      },
      sample,
    );
  const jobAction = (text: string, form: object): ViewSample =>
    site(
      'job-action',
      `job_actions.${text}.title`,
      {
        text: t(`job_actions.${text}.text`),
        submit: t(`job_actions.${text}.submit`),
        named: t('job_kinds.send_mail'),
        action: '/jobs/retry',
        form: { reason: '', actionKey: ID, ...form },
      },
      `job-action ${text}`,
    );
  const steps = ['listed', 'invited', 'came', 'completed'].map((name) => t(`migration.steps.${name}`));
  const funnel = {
    at: AT,
    dimensions: [{ value: 'segment', label: t('migration.dimensions.segment') }],
    bars: steps.map((label, index) => ({ label, count: '5,000,000', percent: 100 / (index + 1) })),
    steps: steps.map((label) => [label, '5,000,000', '100%', '0', '–', t('migration.at_most.minutes', { count: 5 })]),
    states: [{ label: t('migration.states.under_way'), value: '12' }],
    waiting: [{ label: t('migration.days', { days: 3 }), value: '12' }],
    failures: [{ label: t('migration.failures.cancelled'), value: '1' }],
    lines: { heads: [t('migration.value'), ...steps], rows: [[LONG, '5,000,000', '4,000,000', '3,000,000', '2,000,000']] },
  };
  const rooms = ['support', 'migration', 'jobs', 'audit'].map((name) => ({ name, href: `/${name}` }));
  const search = { typed: { identifier: '', reason: '' } };
  return [
    site('start', 'start.title', { menu: [], person: undefined, notice: t('notices.ended') }),
    note('login-failed', 'login_failed.title'),
    note('confirm-identity', 'confirm_identity.title'),
    note('no-access', 'no_access.no_role.title', { text: t('no_access.no_role.text'), isOperator: true }),
    note('no-access', 'no_access.not_an_operator.title', { text: t('no_access.not_an_operator.text') }, 'not-an-operator'),
    site('home', 'home.title', { rooms }),
    site('home', 'home.title', { rooms: [] }, 'home empty'),
    site('support', 'support.title', search),
    site(
      'support',
      'support.title',
      {
        typed: { identifier: LONG, reason: '?' },
        errors: { identifier: t('support.errors.unknown'), reason: t('reason.length', { least: 4, most: 200 }) },
      },
      'support wrong',
    ),
    site(
      'support',
      'support.title',
      {
        ...search,
        people: ['a', 'b'].map((id) => ({
          href: `/people/${id}`,
          email: 'ta***@example.jp',
          state: t('states.active'),
          foundBy: t('found_by.legacy_id'),
        })),
      },
      'support several',
    ),
    site('case', 'case.title', { action: `/people/${ID}`, reason: '' }),
    site('person', 'case.title', { ...person, told: t('told.unlock') }),
    site('person', 'case.title', { ...person, isUnmasked: true, timeline: [] }, 'person unmasked'),
    ...ACTIONS.map((name) => action(name, { asksForId: name === 'erase' }, `action ${name}`)),
    action('erase', { asksForId: true, errors: { confirm: t('action.errors.confirm') } }, 'action wrong'),
    site('migration', 'migration.title', { ...funnel, by: 'segment' }),
    site('migration', 'migration.title', { ...funnel, lines: undefined, failures: [] }, 'migration short'),
    site('jobs', 'jobs.title', {
      groups: [
        { kind: t('job_kinds.send_mail'), state: t('job_states.dead'), count: 12_345, retryHref: '/jobs/retry?kind=send_mail' },
        { kind: t('job_kinds.erase_account'), state: t('job_states.waiting'), count: 1 },
      ].map((group) => ({ oldest: AT, reason: LONG, listHref: '/jobs/list', ...group })),
    }),
    site('jobs', 'jobs.title', { groups: [], told: t('told.retried', { count: 3 }) }, 'jobs none'),
    site('job-list', 'job_list.every_kind', {
      nextHref: '/jobs/list?cursor=x',
      jobs: [
        { key: `mail:welcome:${ID}`, created: AT, attempts: 12, reason: LONG, retryHref: '/jobs/retry', dropHref: '/jobs/drop' },
      ],
    }),
    site('job-list', 'job_list.every_kind', { jobs: [] }, 'job-list none'),
    jobAction('retry', { key: `mail:welcome:${ID}` }),
    jobAction('retry_kind', { kind: 'send_mail' }),
    jobAction('drop', { key: `mail:welcome:${ID}` }),
    site('audit', 'audit.title', {
      asked: { operator: 'operator' },
      types: [
        { value: '', label: t('audit.every_type') },
        { value: 'account.looked_at', label: t('events.account_looked_at') },
      ],
      events: [
        { at: AT, type: t('events.account_looked_at'), subject: ID, operator: 'operator', reason: LONG, rest: ['what: summary'] },
      ],
      nextHref: '/audit?cursor=x',
    }),
    site('audit', 'audit.title', { asked: {}, types: [{ value: '', label: t('audit.every_type') }], events: [] }, 'audit none'),
    site('verified', 'verified.title', { sound: true, anchored: AT, findings: [] }),
    site('verified', 'verified.title', { sound: false, findings: ['ledger 12: changed'] }, 'verified unsound'),
  ];
}
