// accounts find: finds a person by something that identifies them exactly.
import { maskedEmail } from '../../../src/account/lost-mailbox/look-up.ts';
import { stateOf } from '../../../src/operations/account-state.ts';
import { findAccounts, type FoundBy } from '../../../src/operations/find-account.ts';
import { noteLook, personalDataOf } from '../../../src/operations/operator-action.ts';
import { actionOf, BY, NEEDS_BY, withDesk } from '../desk.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';

const FOUND_BY: Record<FoundBy, string> = {
  account_id: 'account id',
  email: 'address',
  login_number: 'login number',
  legacy_id: 'legacy id',
  legacy_id_candidate: 'legacy id, not final',
  request: 'request for a lost mailbox',
};
/** The id of a request, as error pages show it. */
const INQUIRY_NUMBER = /^[0-9a-f]{12}$/;

export const find: Action = {
  operands: ['<identifier>'],
  does: 'finds a person by the whole address, login number, legacy id, account id, or number of a request; the look is written to the ledger',
  options: BY,
  needs: NEEDS_BY,
  async run({ operands: [identifier = ''], values, ...input }) {
    actionOf(values);
    return withDesk(input, async (deps) => {
      const found = await findAccounts(deps, identifier);
      const action = actionOf(values, [identifier, ...found.flatMap(({ account }) => personalDataOf(account, deps.clock()))]);
      if (found.length === 0) throw new Error(notFound(identifier));
      const rows = [];
      for (const { account, by } of found) {
        await noteLook(deps, account.id, 'find', action);
        const { state } = stateOf(account);
        rows.push({ account: account.id, found_by: by, email: maskedEmail(account.email), state });
      }
      const lines = rows.map((row) => [row.account, FOUND_BY[row.found_by], row.email, row.state]);
      return { json: rows, text: table([['ACCOUNT', 'FOUND BY', 'ADDRESS', 'STATE'], ...lines]) };
    });
  },
};

function notFound(identifier: string): string {
  if (INQUIRY_NUMBER.test(identifier))
    return 'no account was found; an inquiry number is the request_id of the log, whose lines say what happened in that request';
  return 'no account was found; give the whole address, mobile number that is a login ID, legacy id, account id, or number of a request';
}
