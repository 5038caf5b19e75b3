// Checks and records who does something at the support desk, and why.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { knownAddresses } from '../domain/lost-mailbox.ts';
import { OPERATOR_NAME } from '../domain/operator.ts';
import type { OperatorAction } from '../domain/operator-action.ts';

/** Why an action is refused: the name of the operator, the length of the reason, or personal data in it. */
export type ActionProblem = 'operator' | 'reason_length' | 'reason_personal';

const [SHORTEST_REASON, LONGEST_REASON] = [4, 200];

/**
 * Checks who does something and why.
 * @param personal what the reason must not contain
 */
export function checkAction(
  given: OperatorAction,
  personal: readonly (string | undefined)[],
): { problem: ActionProblem } | { problem?: undefined; action: OperatorAction } {
  const { operator, from } = given;
  const reason = given.reason.trim();
  if (!OPERATOR_NAME.test(operator)) return { problem: 'operator' };
  const { length } = [...reason];
  if (length < SHORTEST_REASON || length > LONGEST_REASON) return { problem: 'reason_length' };
  const isPersonal = personal.some((text) => text !== undefined && text !== '' && reason.includes(text));
  return reason.includes('@') || isPersonal ? { problem: 'reason_personal' } : { action: { operator, reason, from } };
}

/** Returns what a reason must not contain, because it would name the person. */
export function personalDataOf(account: Account, now: number): (string | undefined)[] {
  return [...knownAddresses(account, now), account.phone_canonical, ...namingClaims(account.profile)];
}

/** Returns the claims of a profile that name a person. */
export function namingClaims({
  family_name: family,
  given_name: given,
  birthdate,
  phone_number: phone,
}: Account['profile']): (string | undefined)[] {
  return [family, given, birthdate, phone];
}

/** The event of an operator who only looks at an account. */
export async function noteLook(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  accountId: string,
  what: 'find' | 'show' | 'timeline' | 'unmasked' | 'exported',
  action: OperatorAction,
): Promise<void> {
  const about = { subject: accountId, at: clock() };
  if (what === 'unmasked' || what === 'exported')
    return storage.ledger.append({ type: `account.${what}`, data: { ...action }, ...about }, randomUUID());
  return storage.ledger.append({ type: 'account.looked_at', data: { what, ...action }, ...about }, randomUUID());
}
