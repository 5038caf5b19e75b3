// Who may use the operations API, and for what. `config/operators.json` names them; a role is a scope of the API.
import type { Account } from './account.ts';

/** What operators do: the support desk, the campaign, the audit, the operation of the service. */
export const OPERATOR_ROLES = ['support', 'migration', 'audit', 'system'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** The scopes of the operations API, one for each role. */
export const OPERATIONS_SCOPES = OPERATOR_ROLES.map((role) => `operations:${role}` as const);
export type OperationsScope = `operations:${OperatorRole}`;

export type Operator = {
  /** The name in the ledger, such as `a.tanaka`. */
  name: string;
  /** The address of their account, in its canonical form. */
  email: string;
  roles: OperatorRole[];
};

/** A name that the ledger may keep. */
export const OPERATOR_NAME = /^[a-z][a-z0-9._-]{1,39}$/;

/** The resource indicator of the operations API (RFC 8707). */
export const operationsResource = (issuer: string): string => `${issuer}/operations`;

/** Returns the operator whose account this is; `undefined` if nobody's. */
export function operatorOf(operators: readonly Operator[], account: Pick<Account, 'email_canonical'>): Operator | undefined {
  return operators.find(({ email }) => email === account.email_canonical);
}

/** Returns the scopes that an operator's roles allow; none for anybody else. */
export function scopesOf(operator: Operator | undefined): OperationsScope[] {
  return (operator?.roles ?? []).map((role) => `operations:${role}` as const);
}
