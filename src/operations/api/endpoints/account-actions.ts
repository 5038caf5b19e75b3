// What operators do for a person. Each is an event of the ledger, and the person gets a mail.
import { z } from 'zod';
import type { Account } from '../../../domain/account.ts';
import { isDisabledByOperator } from '../../../domain/disabled-account.ts';
import { iso } from '../../../domain/iso-time.ts';
import { operatorOf } from '../../../domain/operator.ts';
import type { OperatorAction } from '../../../domain/operator-action.ts';
import { waitingRemoval } from '../../../domain/second-factor.ts';
import { isBeingErased } from '../../../domain/withdrawal.ts';
import { Problem } from '../../../http/problem.ts';
import { stateOf } from '../../account-state.ts';
import { disable, enable, endSignIns, liftLimits, orderErasure, removeSecondFactor } from '../../change-account.ts';
import { accountFor } from '../account-for.ts';
import { endpoint, type Endpoint, type Given } from '../endpoint.ts';
import { accountId, byReason, reason, time } from '../schemas.ts';

type Act = Given & { account: Account; action: OperatorAction };
/** What is told besides of a done action; `undefined` if nothing was changed. */
type Outcome = { due_at?: string; limits?: string[] } | undefined;

type Row = {
  name: string;
  /** The last part of the path. */
  path: string;
  tells: string;
  done: string;
  act: (given: Act) => Promise<Outcome>;
  /** What it did, if it stands already: an earlier call with the key did it, and could not answer. */
  stands?: (account: Account) => Outcome;
  confirms?: true;
};

const ROWS: Row[] = [
  {
    name: 'unlockAccount',
    path: 'unlock',
    tells: 'Ends the pauses of a person after too many tries, in every browser; those of an IP address or network stay.',
    done: 'limits_lifted',
    act: async ({ deps, account, action }) => ({
      limits: (await liftLimits(deps, account, action)).map(({ limit }) => limit),
    }),
  },
  {
    name: 'endSessions',
    path: 'end-sessions',
    tells: 'Signs a person out of every browser and service. Services are told, and consents stay.',
    done: 'sign_ins_ended',
    act: async ({ deps, access, account, action }) => given(await endSignIns(deps, access, account.id, action)),
  },
  {
    name: 'disableAccount',
    path: 'disable',
    tells: 'Disables an ID: nobody can sign in, sessions and tokens end, and pages and mails tell the person to call.',
    done: 'disabled',
    act: async ({ deps, access, account, action }) => given(await disable(deps, access, account.id, action)),
    stands: (account) => given(isDisabledByOperator(account)),
  },
  {
    name: 'enableAccount',
    path: 'enable',
    tells: 'Enables an ID again that an operator has disabled. The person signs in as before.',
    done: 'enabled',
    act: async ({ deps, account, action }) => given(await enable(deps, account.id, action)),
    stands: (account) => given(stateOf(account).state === 'active'),
  },
  {
    name: 'removeSecondFactor',
    path: 'remove-second-factor',
    tells:
      'Removes the second factor of a person who has lost it, after 24 hours. A link in the mail to every known address stops it.',
    done: 'second_factor_removal_ordered',
    async act({ deps, account, action }) {
      const due = await removeSecondFactor(deps, account, action);
      return due === undefined ? undefined : { due_at: iso(due) };
    },
    stands(account) {
      const due = waitingRemoval(account)?.due_at;
      return due === undefined ? undefined : { due_at: iso(due) };
    },
  },
  {
    name: 'eraseAccount',
    path: 'erase',
    tells: 'Erases an ID for good, as at the end of a withdrawal, without the time to take it back.',
    done: 'erasure_ordered',
    act: async ({ deps, access, account, action }) => given(await orderErasure(deps, access, account, action)),
    stands: (account) => given(isBeingErased(account)),
    confirms: true,
  },
];

const given = (isDone: boolean): Outcome => (isDone ? {} : undefined);

export const ACCOUNT_ACTION_ENDPOINTS: Endpoint[] = ROWS.map(({ name, path, tells, done, act, stands, confirms }) =>
  endpoint({
    name,
    method: 'POST',
    path: `/accounts/{id}/${path}`,
    tells,
    role: 'support',
    params: accountId,
    body: confirms
      ? z.strictObject({
          reason,
          confirm: z
            .string('expected the account id again')
            .meta({ description: 'The account id again: this cannot be undone.' }),
        })
      : byReason,
    answer: z.strictObject({
      account: z.string(),
      done: z.literal(done),
      limits: z.array(z.string()).optional().meta({ description: 'The limits that were counted (docs/limits.md).' }),
      due_at: time.optional().meta({ description: 'When it happens.' }),
    }),
    isAction: true,
    refusals: { 403: ['account_of_operator'], 404: ['account_unknown'], 409: ['nothing_changed'], 422: ['reason_personal'] },
    async run(called) {
      const { deps, params, body, resumed } = called;
      const { account, action } = await accountFor(called);
      if (confirms && !('confirm' in body && body.confirm === params.id))
        throw new Problem(400, 'request_invalid', 'The request is invalid; see errors.', {
          errors: { confirm: 'expected the account id again, because this cannot be undone' },
        });
      // Nobody gains, keeps or takes away a role by acting at the desk.
      if (operatorOf(deps.config.operators, account))
        throw new Problem(403, 'account_of_operator', 'The account of an operator is changed with npm run admin alone.');
      const outcome = (resumed ? stands?.(account) : undefined) ?? (await act({ ...called, account, action }));
      if (!outcome) {
        const { state } = stateOf((await deps.storage.accounts.find(account.id)) ?? account);
        throw new Problem(409, 'nothing_changed', `Nothing was changed: the account is ${state.replace('_', ' ')}.`);
      }
      return { account: account.id, done, ...outcome };
    },
  }),
);
