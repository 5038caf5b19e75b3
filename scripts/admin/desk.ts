// What the commands of the support desk share: the dependencies of the common ID, and who acts and why.
import { hostname } from 'node:os';
import { inspectConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems/config-error.ts';
import type { Deps, SharedDeps } from '../../src/deps.ts';
import type { Account } from '../../src/domain/account.ts';
import { createProvider } from '../../src/oidc/provider.ts';
import { createAccountAccess, type AccountAccess } from '../../src/oidc/sessions/account-access.ts';
import type { OperatorAction } from '../../src/domain/operator-action.ts';
import { checkAction, personalDataOf, type ActionProblem } from '../../src/operations/operator-action.ts';
import { createDeps, createSharedDeps } from '../../src/start/create-deps.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { databaseIsThere } from './database-is-there.ts';
import type { ActionInput } from './topic.ts';
import { UsageError } from './usage-error.ts';

const LOG = createLog('admin', 'silent');

/** The options that name who acts and why. */
export const BY = {
  operator: 'who does this: a name that stays in the ledger, such as a.tanaka',
  reason: 'why, for example the number of a ticket; it stays in the ledger, so it must have no personal data',
};
export const NEEDS_BY = ['operator', 'reason'] as const;

const PROBLEMS: Record<ActionProblem, string> = {
  operator: '--operator: expected a name of lower-case letters, digits, dots and hyphens, such as a.tanaka',
  reason_length: '--reason: expected 4 to 200 characters',
  reason_personal: '--reason: it must have no personal data, because the ledger keeps it for good',
};

/**
 * Reads who acts and why.
 * @param personal what the reason must not contain
 * @throws {UsageError}
 */
export function actionOf(
  { operator = '', reason = '' }: ActionInput['values'],
  personal: readonly (string | undefined)[] = [],
): OperatorAction {
  const checked = checkAction({ operator, reason, from: `admin ${hostname()}` }, personal);
  if (checked.problem) throw new UsageError(PROBLEMS[checked.problem]);
  return checked.action;
}

/**
 * Finds the account of an id, and reads who acts and why.
 * @throws {UsageError} also if the reason names the person
 * @throws {Error} there is no such account
 */
export async function accountFor(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  id: string,
  values: ActionInput['values'],
): Promise<{ account: Account; action: OperatorAction }> {
  actionOf(values);
  const account = await storage.accounts.find(id);
  if (!account) throw new Error(`there is no account ${id}; npm run admin -- accounts find shows the id of a person`);
  return { account, action: actionOf(values, personalDataOf(account, clock())) };
}

type Input = Pick<ActionInput, 'env' | 'directory'>;

/** Opens the database for one command. @throws {ConfigError | Error} the configuration or the database cannot be used */
export async function withDesk<T>(
  input: Input,
  use: (deps: SharedDeps & Pick<Deps, 'config' | 'clock'>) => Promise<T>,
): Promise<T> {
  const { config: make, problems } = inspectConfig({ ...input, apps: ['id'], keys: 'unchecked' });
  if (!make) throw new ConfigError(problems);
  const config = make();
  if (!databaseIsThere(config.databaseUrl)) throw new Error(`${config.databaseUrl} does not exist`);
  const shared = await createSharedDeps(config, Date.now, LOG);
  try {
    return await use({ ...shared, config, clock: Date.now });
  } finally {
    await shared.storage.close();
  }
}

/** The same with the sessions and grants of accounts, which need the clients and the keys. */
export async function withAccess<T>(input: Input, use: (deps: Deps, access: AccountAccess) => Promise<T>): Promise<T> {
  return withDesk(input, async ({ config, clock, ...shared }) => {
    const deps = await createDeps(config, shared, clock, LOG);
    return use(deps, createAccountAccess(await createProvider(deps), deps));
  });
}
