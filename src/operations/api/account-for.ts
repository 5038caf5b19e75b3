// Finds the account that a request names, and reads who acts and why.
import type { Account } from '../../domain/account.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';
import { Problem } from '../../http/problem.ts';
import { personalDataOf } from '../operator-action.ts';
import { actionOf } from './caller.ts';
import type { Given } from './endpoint.ts';

/** @throws {Problem} 404 if there is no such account; 422 if the reason names the person */
export async function accountFor({
  deps: { storage, clock },
  caller,
  params,
  body,
}: Pick<Given, 'deps' | 'caller'> & { params: { id: string }; body: { reason: string } }): Promise<{
  account: Account;
  action: OperatorAction;
}> {
  const account = await storage.accounts.find(params.id);
  if (!account) throw new Problem(404, 'account_unknown', 'There is no account with this id.');
  return { account, action: actionOf(caller, body.reason, personalDataOf(account, clock())) };
}
