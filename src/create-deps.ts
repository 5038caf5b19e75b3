// Makes what is passed in, from the configuration.
import { createClientRegistry } from './config/client-registry.ts';
import type { Config } from './config/config.ts';
import type { Clock, Deps } from './deps.ts';
import { createPasswordHasher } from './domain/password-hash.ts';
import { loadCommonPasswords } from './domain/password-policy.ts';
import { createJobQueue } from './jobs/job-queue.ts';
import { accountClient } from './oidc/account-client.ts';
import { loadKeys } from './oidc/keys.ts';
import { openStorage } from './storage/open-storage.ts';
import { sealMails } from './storage/sealed-mails.ts';
import type { Log } from './telemetry/log.ts';

export async function createDeps(config: Config, clock: Clock, log: Log): Promise<Deps> {
  const [opened, keys, commonPasswords] = await Promise.all([
    openStorage(config.databaseUrl, clock, log),
    loadKeys(config.keyDirectory, config.mode === 'development'),
    loadCommonPasswords(config.commonPasswordsFile),
  ]);
  const storage = { ...opened, jobs: sealMails(opened.jobs, config.hmacKey) };
  return {
    config,
    clients: createClientRegistry([...config.clients, accountClient(config.issuer)]),
    storage,
    clock,
    log,
    hasher: createPasswordHasher(config.passwordHash),
    commonPasswords,
    keys,
    jobs: createJobQueue(storage.jobs, clock),
  };
}
