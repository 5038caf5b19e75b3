// Who calls the operations API: the operator behind the access token, and what they may do.
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { reaches } from '../../domain/authentication-methods.ts';
import type { Account } from '../../domain/account.ts';
import {
  OPERATIONS_SCOPES,
  operationsResource,
  operatorOf,
  scopesOf,
  type OperationsScope,
  type Operator,
  type OperatorRole,
} from '../../domain/operator.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';
import { challenge } from '../../http/challenge.ts';
import { checkPossession, InvalidDpopProof, readAccessToken, refusalOf } from '../../http/dpop-proof.ts';
import { Problem } from '../../http/problem.ts';
import { findPersonToken, type PersonToken } from '../../oidc/sessions/person-token.ts';
import { checkAction } from '../operator-action.ts';

/** A working day: a sign-in that was forgotten ends. */
export const OPERATOR_SIGN_IN_SECONDS = 12 * 60 * 60;
const NEEDED_ACR = 'urn:common-id:acr:mfa';
/** Classes with a second factor, as the challenge names them. */
const ACCEPTED_ACR = `${NEEDED_ACR} phr`;

export type Caller = {
  operator: Operator;
  account: Account;
  /** Those of the token that the operator still has a role for. */
  scopes: OperationsScope[];
  /** The client app, and the network address of its request. */
  from: string;
};

type CallerDeps = Pick<Deps, 'config' | 'storage' | 'clients' | 'clock'>;

/** A refusal with its challenge (RFC 6750, section 3; RFC 9449, section 7.1). */
function refuse(status: 401 | 403, code: string, detail: string, parameters: Record<string, string>, scheme = 'Bearer'): Problem {
  return new Problem(status, code, `${detail}.`, { headers: challenge({ ...parameters, error_description: detail }, scheme) });
}

/**
 * Finds out who calls.
 * @param role the one that is needed, and with it its scope; without it any of the API's scopes is enough
 * @throws {Problem} 401 without a token that can be used, or without a strong and recent sign-in; 403 without the role or the scope
 */
export async function callerOf(
  ctx: Context,
  provider: Provider,
  deps: CallerDeps,
  role: OperatorRole | undefined,
): Promise<Caller> {
  const needed = role && (`operations:${role}` as const);
  const resource = operationsResource(deps.config.issuer);
  const { token, scheme } = await findToken(ctx, provider, deps, resource);
  const { account, acr, authTime, clientId, scopes } = token;
  const operator = operatorOf(deps.config.operators, account);
  const realm = { realm: resource };
  if (!operator) throw refuse(403, 'not_an_operator', 'this account is not one of an operator', realm, scheme);
  const isStrong = reaches(acr, NEEDED_ACR);
  if (!isStrong || deps.clock() / 1000 - authTime > OPERATOR_SIGN_IN_SECONDS)
    throw refuse(
      401,
      'insufficient_user_authentication',
      isStrong ? 'a more recent sign-in is required' : 'a sign-in with a second factor is required',
      {
        ...realm,
        error: 'insufficient_user_authentication',
        acr_values: ACCEPTED_ACR,
        max_age: String(OPERATOR_SIGN_IN_SECONDS),
      },
      scheme,
    );
  const allowed = scopesOf(operator);
  const theirs = allowed.filter((scope) => scopes.includes(scope));
  if (needed === undefined ? theirs.length === 0 : !theirs.includes(needed)) {
    const scope = needed ?? OPERATIONS_SCOPES.join(' ');
    const detail =
      needed !== undefined && !allowed.includes(needed)
        ? `the operator has no role for ${needed}`
        : `the access token lacks the scope ${needed ?? 'of any role'}`;
    throw refuse(403, 'insufficient_scope', detail, { ...realm, error: 'insufficient_scope', scope }, scheme);
  }
  return { operator, account, scopes: theirs, from: `${clientId} ${ctx.ip}` };
}

async function findToken(
  ctx: Context,
  provider: Provider,
  deps: CallerDeps,
  resource: string,
): Promise<{ token: PersonToken; scheme: 'Bearer' | 'DPoP' }> {
  const realm = { realm: resource };
  const sent = readAccessToken(ctx.get('Authorization'));
  if (!sent) throw refuse(401, 'token_missing', 'send an access token of the common ID for this resource', realm);
  const token = await findPersonToken(provider, deps, sent.token, resource);
  if (!token) {
    const detail = 'the access token is over, or not one of a person for this resource';
    throw refuse(401, 'invalid_token', detail, { ...realm, error: 'invalid_token' }, sent.scheme);
  }
  const { boundTo } = token;
  try {
    await checkPossession({
      ...sent,
      boundTo,
      proof: ctx.get('DPoP'),
      method: ctx.method,
      url: `${deps.config.issuer}${ctx.path}`,
      noteProof: async (id, until) => deps.storage.artifacts.insertOnce('ReplayDetection', `dpop:${id}`, {}, until),
    });
  } catch (error) {
    if (!(error instanceof InvalidDpopProof)) throw error;
    const { code, challenge: scheme, parameters } = refusalOf({ ...sent, boundTo });
    throw refuse(401, code, error.message, { ...realm, error: code, ...parameters }, scheme);
  }
  return { token, scheme: sent.scheme };
}

/**
 * Returns who acts, why, and from where.
 * @param personal what the reason must not contain
 * @throws {Problem} 400 or 422 if the reason does not belong into the ledger
 */
export function actionOf(
  { operator, from }: Caller,
  reason: string,
  personal: readonly (string | undefined)[] = [],
): OperatorAction {
  const checked = checkAction({ operator: operator.name, reason, from }, personal);
  if (checked.problem === undefined) return checked.action;
  if (checked.problem === 'reason_personal')
    throw new Problem(422, 'reason_personal', 'The reason must have no personal data, because the ledger keeps it for good.');
  throw new Problem(400, 'request_invalid', 'The request is invalid; see errors.', {
    errors: { reason: 'expected 4 to 200 characters' },
  });
}
