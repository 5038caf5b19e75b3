// A person as the support desk reads them: facts, and tables.
import type { Person } from './answers.ts';
import type { ConsoleContext } from './console.ts';
import { messageName, timeIfAny, timeOf, wordOf } from './words.ts';

export type Fact = { label: string; value: string };
/** A section of the page. One without rows says so. */
export type Table = { name: string; heads: string[]; rows: string[][] };

/** Returns the state, and what identifies the person. Identifiers are masked unless they were asked for in full. */
export function identityOf(state: ConsoleContext['state'], person: Person): Fact[] {
  const { t } = state;
  const { identifiers: known } = person;
  const since = timeIfAny(state, person.state_since);
  const name = wordOf(state, 'states', person.state);
  return facts(t, [
    ['state', since === undefined ? name : t('person.since', { state: name, time: since })],
    ['erased_at', timeIfAny(state, person.erased_at)],
    ['email', known.email],
    ['email_proven_at', timeOf(state, known.email_proven_at)],
    ['email_asked_for', known.email_asked_for],
    ...known.earlier_emails.map(({ email, can_be_undone_until: until }): [string, string] => [
      'earlier_email',
      t('person.undo_until', { email, time: timeOf(state, until) }),
    ]),
    ['login_number', known.login_number ?? t('person.none')],
    ['login_number_asked_for', known.login_number_asked_for],
    ['account_id', person.id],
    ['created_at', timeOf(state, person.created_at)],
    ['language', wordOf(state, 'common.language', person.language)],
  ]);
}

/** Returns how the person can sign in. */
export function methodsOf(state: ConsoleContext['state'], { methods, sign_ins_ended_at: ended }: Person): Fact[] {
  const { t } = state;
  const factor = methods.second_factor;
  const due = timeIfAny(state, factor?.removal_due_at);
  return facts(t, [
    ['password_changed_at', timeIfAny(state, methods.password_changed_at) ?? t('person.never')],
    ['login_number_rests', methods.login_number_rests ? t('person.rests') : undefined],
    [
      'second_factor',
      factor
        ? t('person.factor_since', { time: timeOf(state, factor.added_at), left: factor.recovery_codes_left })
        : t('person.none'),
    ],
    ['second_factor_removal', due],
    ...(methods.passkeys.length === 0
      ? [['passkey', t('person.none')] satisfies [string, string]]
      : methods.passkeys.map(({ name, used_at: used, added_at: added }): [string, string] => [
          'passkey',
          t(used === undefined ? 'person.passkey_unused' : 'person.passkey_used', { name, time: timeOf(state, used ?? added) }),
        ])),
    ['sign_ins_ended_at', timeIfAny(state, ended)],
  ]);
}

/** Returns everything that is a list. */
export function tablesOf(state: ConsoleContext['state'], person: Person): Table[] {
  const { t } = state;
  const time = (at: string | undefined): string => timeIfAny(state, at) ?? '–';
  /** A dash if nothing came later. */
  const later = (at: string | undefined, before: string): string => (time(at) === time(before) ? '–' : time(at));
  const table = (name: string, heads: string[], rows: string[][]): Table => ({
    name,
    heads: heads.map((head) => t(`person.heads.${head}`)),
    rows,
  });
  return [
    table(
      'limits',
      ['limit', 'held', 'until'],
      person.limits.map(({ limit, counted, holds, until }) => [
        wordOf(state, 'limits', limit),
        holds ? t('person.held') : t('person.counted', { times: counted }),
        time(until),
      ]),
    ),
    table(
      'messages',
      ['made_at', 'message', 'fate'],
      person.messages.map((one) => [
        time(one.made_at),
        t(`person.channels.${one.channel === 'sms' ? 'sms' : 'mail'}`, { name: messageName(state, one.template) }),
        [wordOf(state, 'fates', one.fate), one.reason].filter(Boolean).join(t('person.colon')),
      ]),
    ),
    table(
      'browsers',
      ['device', 'signed_in_at', 'used_at', 'clients'],
      person.browsers.map((one) => [
        one.device ?? '–',
        time(one.signed_in_at),
        later(one.used_at, one.signed_in_at),
        one.clients.join(', '),
      ]),
    ),
    table(
      'last_sign_ins',
      ['at', 'client', 'method', 'device'],
      person.last_sign_ins.map((one) => [time(one.at), one.client_id, wordOf(state, 'methods', one.method), one.device ?? '–']),
    ),
    table(
      'last_failures',
      ['at', 'method', 'times', 'device'],
      person.last_failures.map((one) => [
        time(one.at),
        wordOf(state, 'methods', one.method),
        String(one.times),
        one.device ?? '–',
      ]),
    ),
    table(
      'services',
      ['client', 'since', 'used_at'],
      person.services.map((one) => [one.client_id, time(one.since), later(one.used_at, one.since)]),
    ),
    table(
      'dealer_links',
      ['dealer', 'status', 'consented_at', 'changed_at'],
      person.dealer_links.map((one) => [
        one.dealer,
        wordOf(state, 'link_states', one.status),
        time(one.consented_at),
        later(one.changed_at, one.consented_at),
      ]),
    ),
    table(
      'migrations',
      ['client', 'legacy_id', 'status', 'at'],
      person.migrations.map((one) => [one.client_id, one.legacy_id, wordOf(state, 'migration_states', one.state), time(one.at)]),
    ),
    table(
      'lost_mailbox_requests',
      ['number', 'status', 'asked_at'],
      person.lost_mailbox_requests.map((one) => [
        one.number,
        wordOf(state, 'lost_mailbox_states', one.state),
        time(one.asked_at),
      ]),
    ),
  ];
}

function facts(t: ConsoleContext['state']['t'], rows: [string, string | undefined][]): Fact[] {
  return rows.flatMap(([label, value]) => (value === undefined ? [] : [{ label: t(`person.facts.${label}`), value }]));
}
