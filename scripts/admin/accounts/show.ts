// accounts show: what is known about a person's ID now.
import { showAccount, type ShownAccount } from '../../../src/operations/account-state.ts';
import { noteLook } from '../../../src/operations/operator-action.ts';
import { accountFor, BY, NEEDS_BY, withAccess } from '../desk.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';

export const show: Action = {
  operands: ['<account id>'],
  does: 'shows the state of an ID, its sign-in methods, browsers, services, links, mails and limits; the look is written to the ledger',
  options: BY,
  needs: NEEDS_BY,
  flags: { unmask: 'show addresses, numbers and legacy ids in full, which is an event of its own' },
  async run({ operands: [id = ''], values, flags, ...input }) {
    return withAccess(input, async (deps, access) => {
      const { account, action } = await accountFor(deps, id, values);
      const unmask = flags.has('unmask');
      await noteLook(deps, account.id, 'show', action);
      if (unmask) await noteLook(deps, account.id, 'unmasked', action);
      const shown = await showAccount(deps, access, account, { unmask });
      return { json: shown, text: tell(shown) };
    });
  },
};

function tell(shown: ShownAccount): string {
  const { identifiers, methods } = shown;
  const facts = [
    ['Account', shown.id],
    ['State', [shown.state.replace('_', ' '), shown.state_since && `since ${shown.state_since}`].filter(Boolean).join(' ')],
    ...(shown.erased_at === undefined ? [] : [['Erased at', shown.erased_at]]),
    ['Registered', `${shown.created_at}, language ${shown.language}`],
    ['Address', `${identifiers.email}, proven ${identifiers.email_proven_at}`],
    ...identifiers.earlier_emails.map((one) => [
      'Earlier address',
      `${one.email}, can come back until ${one.can_be_undone_until}`,
    ]),
    ...(identifiers.email_asked_for === undefined ? [] : [['Asked for address', identifiers.email_asked_for]]),
    [
      'Login number',
      identifiers.login_number ? `${identifiers.login_number}${methods.login_number_rests ? ', rests' : ''}` : 'none',
    ],
    ...(identifiers.login_number_asked_for === undefined ? [] : [['Asked for number', identifiers.login_number_asked_for]]),
    ['Password changed', methods.password_changed_at ?? 'never'],
    ['Second factor', secondFactor(methods.second_factor)],
    ['Sign-ins ended', shown.sign_ins_ended_at ?? 'never'],
  ];
  return [
    table(facts),
    section(
      'PASSKEY',
      ['ADDED', 'USED'],
      methods.passkeys.map((one) => [one.name, one.added_at, one.used_at ?? '–']),
    ),
    section(
      'BROWSER',
      ['SIGNED IN', 'USED', 'SERVICES'],
      shown.browsers.map((one) => [one.device ?? 'unknown', one.signed_in_at, one.used_at ?? '–', one.clients.join(' ')]),
    ),
    section(
      'SERVICE',
      ['SINCE', 'USED', 'SCOPES'],
      shown.services.map((one) => [one.client_id, one.since, one.used_at ?? '–', one.scopes.join(' ')]),
    ),
    section(
      'DEALER',
      ['LINK', 'SINCE'],
      shown.dealer_links.map((one) => [one.dealer, one.status, one.changed_at]),
    ),
    section(
      'MIGRATION',
      ['LEGACY ID', 'STATE', 'AT'],
      shown.migrations.map((one) => [one.client_id, one.legacy_id, one.state, one.at ?? '–']),
    ),
    section(
      'REQUEST',
      ['STATE', 'ASKED'],
      shown.lost_mailbox_requests.map((one) => [one.number, one.state, one.asked_at]),
    ),
    section(
      'SIGN-IN',
      ['SERVICE', 'METHOD', 'BROWSER'],
      shown.last_sign_ins.map((one) => [one.at, one.client_id, one.method, one.device ?? 'unknown']),
    ),
    section(
      'FAILED SIGN-IN',
      ['TIMES', 'METHOD', 'BROWSER'],
      shown.last_failures.map((one) => [one.at, String(one.times), one.method, one.device ?? 'unknown']),
    ),
    section(
      'MAIL OR SMS',
      ['FATE', 'MADE', 'TRIES', 'REASON'],
      shown.messages.map((one) => [
        `${one.channel} ${one.template}`,
        one.fate,
        one.made_at,
        String(one.attempts),
        one.reason ?? '–',
      ]),
    ),
    section(
      'LIMIT',
      ['COUNTED', 'HOLDS NOW', 'UNTIL'],
      shown.limits.map((one) => [one.limit, String(one.counted), one.holds ? 'yes' : 'no', one.until]),
    ),
  ].join('');
}

/** A table with a heading. Nothing if there are no rows. */
function section(first: string, others: string[], rows: string[][]): string {
  return rows.length === 0 ? '' : `\n${table([[first, ...others], ...rows])}`;
}

function secondFactor(factor: ShownAccount['methods']['second_factor']): string {
  if (!factor) return 'none';
  const removal = factor.removal_due_at === undefined ? '' : `, will be removed at ${factor.removal_due_at}`;
  return `since ${factor.added_at}, ${factor.recovery_codes_left} recovery codes left${removal}`;
}
