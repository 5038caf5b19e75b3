// The dependencies that are passed in to all parts of the program. They are made at the start, and again when the configuration changes.
import type { ClientRegistry } from './config/clients/client-registry.ts';
import type { Config } from './config/config.ts';
import type { EpochMilliseconds } from './domain/account.ts';
import type { FailedSignIns } from './authentication/failed-sign-ins.ts';
import type { RegionOf } from './authentication/region-of-network.ts';
import type { PasswordHasher } from './authentication/password/password-hash.ts';
import type { CommonPasswords } from './domain/password-policy.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import type { Keys } from './keys/keys.ts';
import type { ClientLogos } from './oidc/clients/client-logos.ts';
import type { RefusalBook } from './oidc/clients/refusal-book.ts';
import type { Records } from './storage/records.ts';
import type { Emit } from './telemetry/emit.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { ProcessStatus } from './telemetry/process-status.ts';
import type { Traces } from './telemetry/traces.ts';

export type Clock = () => EpochMilliseconds;

export type Deps = {
  config: Config;
  clients: ClientRegistry;
  logos: ClientLogos;
  storage: Records;
  clock: Clock;
  log: Log;
  /** Says that something of the catalogue has happened (src/telemetry/events.ts). */
  emit: Emit;
  hasher: PasswordHasher;
  commonPasswords: CommonPasswords;
  keys: Keys;
  jobs: JobQueue;
  refusals: RefusalBook;
  failedSignIns: FailedSignIns;
  regionOf: RegionOf;
  status: ProcessStatus;
  metrics: Metrics;
  traces: Traces;
};

/** The part that stays the same when the configuration is reloaded; everything else is made again. */
export type SharedDeps = Pick<Deps, 'storage' | 'jobs' | 'refusals' | 'failedSignIns' | 'status' | 'metrics' | 'traces' | 'emit'>;
