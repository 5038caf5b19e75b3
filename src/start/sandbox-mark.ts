// Marks the database of a sandbox, so that test people never share a database with customers.
import type { Config } from '../config/config.ts';
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Records } from '../storage/records.ts';

/** Stored beside the models of oidc-provider. */
const MODEL = 'CommonIdInstallation';
const ID = 'sandbox';

/**
 * Checks that the database belongs to this kind of installation, and marks an empty one as a sandbox's.
 * @throws {Error} if a sandbox would use a database with other people's accounts, or the other way round
 */
export async function checkSandboxDatabase(
  { artifacts, ledger }: Pick<Records, 'artifacts' | 'ledger'>,
  { sandbox }: Pick<Config, 'sandbox'>,
  now: EpochMilliseconds,
): Promise<void> {
  const isMarked = (await artifacts.find(MODEL, ID)) !== undefined;
  if (isMarked && !sandbox)
    throw new Error(
      'DATABASE_URL: this database is that of a sandbox, with test people whose passwords are known; set SANDBOX=true, or name another database',
    );
  if (isMarked || !sandbox) return;
  await ledger.settle();
  const [heads, { sequence }] = await Promise.all([ledger.heads(), ledger.origin()]);
  // The first account is the first event of its chain.
  if (sequence > 0 || heads.some((head) => head.sequence > 0))
    throw new Error(
      'SANDBOX: this database holds accounts of an installation that is no sandbox; give the sandbox a database of its own (DATABASE_URL)',
    );
  await artifacts.save(MODEL, ID, { at: now }, undefined);
}
