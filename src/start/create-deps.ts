// Creates the dependencies from the configuration.
import { availableParallelism } from 'node:os';
import { createClientRegistry } from '../config/clients/client-registry.ts';
import type { Config } from '../config/config.ts';
import type { Clock, Deps, SharedDeps } from '../deps.ts';
import { createFailedSignIns } from '../authentication/failed-sign-ins.ts';
import { loadRegions } from '../authentication/region-of-network.ts';
import { createPasswordHasher, type PasswordHasher } from '../authentication/password/password-hash.ts';
import { AUTHENTICATION_METHODS } from '../domain/authentication-methods.ts';
import { createLegacyUserIds } from '../domain/legacy-user-ids.ts';
import { LEDGER_EVENTS } from '../domain/ledger-events.ts';
import { MAILS } from '../domain/mails.ts';
import { loadCommonPasswords } from '../domain/password-policy.ts';
import { createJobQueue, JOB_KINDS } from '../jobs/job-queue.ts';
import { accountClient } from '../oidc/clients/account-client.ts';
import { createClientLogos } from '../oidc/clients/client-logos.ts';
import { createRefusalBook } from '../oidc/clients/refusal-book.ts';
import { readClientEnds } from '../oidc/clients/client-ends.ts';
import { keepKeys } from '../keys/key-files.ts';
import { loadKeys } from '../keys/keys.ts';
import { highestHashCost, noteHashCost } from '../authentication/password/hash-costs.ts';
import { hashCounterKeys } from '../storage/hash-counter-keys.ts';
import { observeStorage, type ObserveOperation } from '../storage/observe-storage.ts';
import { openStorage } from '../storage/open-storage.ts';
import { guardRecords } from '../storage/records.ts';
import { recordEnds } from '../storage/record-ends.ts';
import { tellEvents } from '../storage/tell-events.ts';
import { encryptMailPayloads } from '../storage/encrypt-mail-payloads.ts';
import { createEmit, createEmitRecorded } from '../telemetry/emit.ts';
import type { AppLog, Log } from '../telemetry/log.ts';
import { createMetrics, NO_METRICS, type Metrics } from '../telemetry/metrics.ts';
import type { ProcessStatus } from '../telemetry/process-status.ts';
import { NO_TRACES, type Traces } from '../telemetry/traces.ts';

/** Limits a client that retries immediately to one attempt a second for each connection. People hardly notice it. */
const REFUSED_HASH_DELAY_MS = 1000;

/** With the hash itself, a password is answered or refused within twice the longest wait of a request. */
const LONGER_WAIT_OF_HASHES = 1.75;

/**
 * Opens the database, the job queue and the metrics. A process does this once.
 * @param open opens the database; tests pass one that interferes with writes
 * @throws if the database cannot be opened
 */
export async function createSharedDeps(config: Config, clock: Clock, log: AppLog, open = openStorage): Promise<SharedDeps> {
  const status: ProcessStatus = {
    draining: false,
    hashLane: { running: 0, waiting: 0, places: config.passwordHash.queueLimit },
    configuration: { version: '', inForceSince: clock() },
  };
  const names = {
    events: Object.keys(LEDGER_EVENTS),
    signInMethods: Object.values(AUTHENTICATION_METHODS).map(({ amr }) => amr.join(' ')),
    jobs: JOB_KINDS,
    mails: Object.keys(MAILS),
  };
  // Without ADMIN_PORT nobody can read them.
  const metrics = config.admin ? createMetrics(status, names) : NO_METRICS;
  const tell = createEmitRecorded(log, metrics.countRecorded, LEDGER_EVENTS, config.keys.legacyIdInLog);
  const database = await open(config.databaseUrl, clock, log, config.keys.ledger);
  const traces = config.traces ? await (await import('../telemetry/tracing.ts')).startTracing(config.traces) : NO_TRACES;
  const observe = both(config.traces && traced(traces), config.admin && timed(metrics));
  const opened = tellEvents(observe ? observeStorage(database, observe) : database, tell);
  const storage = guardRecords(
    {
      ...opened,
      artifacts: recordEnds(opened, clock),
      jobs: encryptMailPayloads(opened.jobs, config.keys.waitingMail),
      counters: hashCounterKeys(opened.counters, config.keys.counter),
    },
    clock,
    createLegacyUserIds(config.keys),
  );
  return {
    storage,
    jobs: createJobQueue(storage.jobs, clock, traces),
    refusals: createRefusalBook(storage, clock),
    failedSignIns: createFailedSignIns(storage, clock),
    status,
    metrics,
    traces,
    emit: createEmit(log, metrics.countEvent),
  };
}

/** Combines two observers, so that each method is wrapped once. */
function both(outer: ObserveOperation | undefined, inner: ObserveOperation | undefined): ObserveOperation | undefined {
  if (!outer || !inner) return outer ?? inner;
  return (operation) => {
    const [first, second] = [outer(operation), inner(operation)];
    return async (call) => first(async () => second(call));
  };
}

function traced(traces: Traces): ObserveOperation {
  return (operation) => {
    const [name, attributes] = [`storage ${operation}`, { 'db.operation.name': operation }];
    return async (call) => traces.span('internal', name, attributes, call);
  };
}

/** Makes a span of each hash, with its wait in the lane. The name does not tell whether there is such an account. */
function traceHashes(hasher: PasswordHasher, traces: Traces): PasswordHasher {
  const spanOf = async <T>(work: () => Promise<T>): Promise<T> => traces.span('internal', 'password hash', {}, work);
  return {
    ...hasher,
    hash: async (...given) => spanOf(async () => hasher.hash(...given)),
    verify: async (...given) => spanOf(async () => hasher.verify(...given)),
    verifyAgainstNothing: async (...given) => spanOf(async () => hasher.verifyAgainstNothing(...given)),
  };
}

/** Counts each operation and its time, also if it fails. */
function timed({ countOperation }: Metrics): ObserveOperation {
  return (operation) => async (call) => {
    const began = performance.now();
    try {
      return await call();
    } finally {
      countOperation(operation, (performance.now() - began) / 1000);
    }
  };
}

/**
 * Creates the other dependencies from a configuration and its files.
 * @throws if the keys, the list of common passwords or the database of regions cannot be read
 */
export async function createDeps(config: Config, shared: SharedDeps, clock: Clock, log: Log): Promise<Deps> {
  const clients = [...config.clients, accountClient(config.issuer)];
  const keys = loadKeys({ directory: config.keyDirectory, now: clock(), keepMs: keepKeys(config.lifetimes) });
  const { storage, status, traces, emit } = shared;
  status.hashLane.places = config.passwordHash.queueLimit;
  const [commonPasswords, regionOf, ends, highestCost] = await Promise.all([
    loadCommonPasswords(config.commonPasswordsFile),
    loadRegions(config.regionsFile),
    readClientEnds(storage.artifacts, clients),
    highestHashCost(storage.counters, config.passwordHashCost),
  ]);
  const hasher = createPasswordHasher({
    cost: config.passwordHashCost,
    ...config.passwordHash,
    // More concurrent hashes than cores are not faster, and starve the event loop.
    concurrency: Math.min(config.passwordHash.concurrency, availableParallelism()),
    clock,
    highestCost,
    onCostlier: (cost) => void noteHashCost(storage.counters, cost).catch(() => undefined),
    load: status.hashLane,
    onRefused: (reason) => emit('password_hashes.refused', { reason }),
    refusalDelayMs: REFUSED_HASH_DELAY_MS,
    longestWaitMs: config.longestWaitMs * LONGER_WAIT_OF_HASHES,
  });
  return {
    ...shared,
    config,
    clients: createClientRegistry(clients, ends),
    logos: createClientLogos(config.clients, config.mode, log),
    clock,
    log,
    hasher: traceHashes(hasher, traces),
    commonPasswords,
    regionOf,
    keys,
  };
}
