// Every endpoint of the operations API.
import type { Endpoint } from './endpoint.ts';
import { ACCOUNT_ACTION_ENDPOINTS } from './endpoints/account-actions.ts';
import { ACCOUNT_ENDPOINTS } from './endpoints/accounts.ts';
import { JOB_ENDPOINTS } from './endpoints/jobs.ts';
import { LEDGER_ENDPOINTS } from './endpoints/ledger.ts';
import { ME_ENDPOINTS } from './endpoints/me.ts';
import { MIGRATION_ENDPOINTS } from './endpoints/migration.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  ...ME_ENDPOINTS,
  ...ACCOUNT_ENDPOINTS,
  ...ACCOUNT_ACTION_ENDPOINTS,
  ...JOB_ENDPOINTS,
  ...LEDGER_ENDPOINTS,
  ...MIGRATION_ENDPOINTS,
];
