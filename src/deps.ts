// What is passed in: everything that a part of the program needs of the others, made once in main.ts.
import type { Client, Config } from './config/config.ts';
import type { EpochMilliseconds } from './domain/account.ts';
import type { PasswordHasher } from './domain/password-hash.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import type { Keys } from './oidc/keys.ts';
import type { Storage } from './storage/storage.ts';
import type { Log } from './telemetry/log.ts';

export type Clock = () => EpochMilliseconds;

/** The clients in force. */
export type ClientRegistry = {
  /** The client of this id; `undefined` where there is none or it is disabled. */
  find(clientId: string): Client | undefined;
  all(): Client[];
};

export type Deps = {
  config: Config;
  clients: ClientRegistry;
  storage: Storage;
  clock: Clock;
  log: Log;
  hasher: PasswordHasher;
  commonPasswords: ReadonlySet<string>;
  keys: Keys;
  jobs: JobQueue;
};
