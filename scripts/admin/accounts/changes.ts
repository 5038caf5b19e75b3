// accounts unlock | end-sessions | disable | enable | remove-second-factor | erase: each is an event of the ledger, and the owner gets a mail.
import type { Deps } from '../../../src/deps.ts';
import type { Account } from '../../../src/domain/account.ts';
import type { AccountAccess } from '../../../src/oidc/sessions/account-access.ts';
import { stateOf } from '../../../src/operations/account-state.ts';
import {
  disable as disableAccount,
  enable as enableAccount,
  endSignIns as endSignInsOf,
  liftLimits,
  orderErasure,
  removeSecondFactor as removeSecondFactorOf,
} from '../../../src/operations/change-account.ts';
import type { OperatorAction } from '../../../src/domain/operator-action.ts';
import { accountFor, BY, NEEDS_BY, withAccess } from '../desk.ts';
import type { Action, Report } from '../topic.ts';
import { UsageError } from '../usage-error.ts';

type Act = { deps: Deps; access: AccountAccess; account: Account; action: OperatorAction };

/** Makes an action that changes the account of an id. */
function changes(does: string, act: (given: Act) => Promise<Report>, more: Pick<Action, 'options' | 'needs'> = {}): Action {
  return {
    operands: ['<account id>'],
    does,
    options: { ...BY, ...more.options },
    needs: [...NEEDS_BY, ...(more.needs ?? [])],
    async run({ operands: [id = ''], values, ...input }) {
      if (values.confirm !== undefined && values.confirm !== id)
        throw new UsageError('--confirm: expected the account id again, because this cannot be undone');
      return withAccess(input, async (deps, access) => act({ deps, access, ...(await accountFor(deps, id, values)) }));
    },
  };
}

const done = (account: Account, what: string, text: string, more = {}): Report => ({
  json: { account: account.id, done: what, ...more },
  text: `${text}\n`,
});
const refuse = (account: Account): never => {
  const { state } = stateOf(account);
  throw new Error(`nothing was changed: the account is ${state.replace('_', ' ')}`);
};

export const unlock = changes(
  'ends the pauses of a person after too many tries, in every browser, and mails them; those of an IP address or network stay',
  async ({ deps, account, action }) => {
    const held = (await liftLimits(deps, account, action)).map(({ limit }) => limit);
    const what =
      held.length === 0 ? 'Nothing was counted but, perhaps, in a browser that knows the ID.' : `Forgotten: ${held.join(', ')}.`;
    return done(account, 'limits_lifted', `${what} The person can try again at once, and gets a mail.`, { limits: held });
  },
);

export const endSignIns = changes(
  'signs a person out of every browser and service, and mails them; services are told, and consents stay',
  async ({ deps, access, account, action }) => {
    if (!(await endSignInsOf(deps, access, account.id, action))) return refuse(account);
    return done(
      account,
      'sign_ins_ended',
      'Every session and token has ended. The services are told, and the person gets a mail.',
    );
  },
);

export const disable = changes(
  'disables an ID: nobody can sign in, sessions and tokens end, and pages and mails tell the person to call',
  async ({ deps, access, account, action }) => {
    if (!(await disableAccount(deps, access, account.id, action))) return refuse(account);
    return done(account, 'disabled', 'The ID is disabled. Every session and token has ended, and the person gets a mail.');
  },
);

export const enable = changes(
  'enables an ID again that was disabled by the command above; the person signs in with the same password',
  async ({ deps, account, action }) => {
    if (!(await enableAccount(deps, account.id, action))) return refuse(account);
    return done(account, 'enabled', 'The ID can be used again. The person gets a mail.');
  },
);

export const removeSecondFactor = changes(
  'removes the second factor of a person who has lost it, after 24 hours; a link in the mail to every known address stops it',
  async ({ deps, account, action }) => {
    const due = await removeSecondFactorOf(deps, account, action);
    if (due === undefined)
      throw new Error('nothing was changed: the ID has no second factor, waits for its removal already, or is being erased');
    const at = new Date(due).toISOString();
    const text = `The second factor is removed at ${at}, unless the person stops it or signs in with it. They get a mail.`;
    return done(account, 'second_factor_removal_ordered', text, { due_at: at });
  },
);

export const erase = changes(
  'erases an ID for good, as at the end of a withdrawal, without the time to take it back',
  async ({ deps, access, account, action }) => {
    if (!(await orderErasure(deps, access, account, action))) return refuse(account);
    return done(
      account,
      'erasure_ordered',
      'Nobody can sign in any more. The running service erases the ID within minutes, when its dealers have been told.',
    );
  },
  { options: { confirm: 'the account id again' }, needs: ['confirm'] },
);
