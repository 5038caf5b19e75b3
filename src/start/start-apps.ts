// Starts the requested apps, each on its own port.
import cluster from 'node:cluster';
import { setImmediate as startIsOver, setTimeout as sleep } from 'node:timers/promises';
import type { AppName, Config } from '../config/config.ts';
import type { ConfigSource } from '../config/config-source.ts';
import type { Clock } from '../deps.ts';
import { listen, type Listening } from './listen.ts';
import { closeToOthers } from './private-files.ts';
import type { RunningApp } from './running-app.ts';
import { createAdminHandler, type AdminSources, type ProcessReport } from '../telemetry/admin-handler.ts';
import { createLog } from '../telemetry/log.ts';

const GRACE_MS = 10_000;

export type RunningApps = {
  /**
   * Stops all apps: reports them as not ready, accepts nothing new, finishes running requests, closes files.
   * @param delayMs how long connections are still accepted, so that the load balancer notices first
   */
  stop(delayMs?: number): Promise<void>;
  /** Reloads the configuration files. */
  reload(): Promise<void>;
  /** Returns the reports of this process; empty if no app has one. */
  reports(): Promise<ProcessReport[]>;
};

type Starter = {
  port: (config: Config) => number;
  /** The setting for the port in development. In production, where each app runs alone, it is PORT. */
  setting: string;
  start: (config: Config, clock: Clock, source: ConfigSource | undefined) => Promise<RunningApp>;
};

/** The apps in order of start: apps that others call come first. Each is imported only when it is started, because a node often runs only one. */
const STARTERS: Record<AppName, Starter> = {
  mailbox: {
    port: ({ mailbox }) => mailbox.port,
    setting: 'MAILBOX_URL',
    start: async (config, clock) =>
      asRunning(
        await (
          await import('../apps/mailbox/create-mailbox.ts')
        ).createMailbox({ ...config.mailbox, ...shared(config, clock, 'mailbox') }),
      ),
  },
  dealer: {
    port: ({ dealerSystem }) => dealerSystem.port,
    setting: 'DEALER_SYSTEM_URL',
    start: async (config, clock) =>
      asRunning(
        await (
          await import('../apps/dealer-system/create-dealer-system.ts')
        ).createDealerSystem({
          ...config.dealerSystem,
          ...shared(config, clock, 'dealer-system'),
          issuer: config.issuer,
          seedDemo: config.demo,
        }),
      ),
  },
  id: {
    port: ({ port }) => port,
    setting: 'PORT or ISSUER',
    start: async (config, clock, source) =>
      (await import('./start-common-id.ts')).startCommonId(config, clock, createLog('common-id', config.logLevel), source),
  },
  'owners-site': {
    port: ({ ownersSite }) => ownersSite.port,
    setting: 'OWNERS_SITE_URL',
    start: async (config, clock) =>
      asRunning(
        await (
          await import('../apps/owners-site/owners-site.ts')
        ).createOwnersSite({
          ...config.ownersSite,
          ...shared(config, clock, 'owners-site'),
          issuer: config.issuer,
          passwordHashCost: config.passwordHashCost,
          notebookOrigin: config.notebook.origin,
          dealerSystemOrigin: config.dealerSystem.origin,
          smtpUrl: config.mail.smtpUrl,
          mailFrom: config.mail.from,
          seedDemo: config.demo,
          ...(config.demo && appOfDemo(config)),
        }),
      ),
  },
  notebook: {
    port: ({ notebook }) => notebook.port,
    setting: 'NOTEBOOK_URL',
    start: async (config, clock) =>
      asRunning(
        await (
          await import('../apps/maintenance-notebook/create-maintenance-notebook.ts')
        ).createMaintenanceNotebook({
          ...config.notebook,
          ...shared(config, clock, 'maintenance-notebook'),
          issuer: config.issuer,
          dealerSystemOrigin: config.dealerSystem.origin,
          ownersSiteOrigin: config.ownersSite.origin,
          isDemo: config.demo,
        }),
      ),
  },
  'demo-clients': {
    port: ({ demoClients }) => demoClients.port,
    setting: 'DEMO_CLIENTS_URL',
    start: async (config, clock) =>
      asRunning(
        await (
          await import('../apps/demo-clients/create-demo-clients.ts')
        ).createDemoClients({ ...config.demoClients, ...shared(config, clock, 'demo-clients'), issuer: config.issuer }),
      ),
  },
  console: {
    port: ({ operationsConsole }) => operationsConsole.port,
    setting: 'OPERATIONS_CONSOLE_URL',
    start: async (config, clock) =>
      asRunning(
        await (
          await import('../apps/operations-console/create-operations-console.ts')
        ).createOperationsConsole({
          ...config.operationsConsole,
          ...shared(config, clock, 'operations-console'),
          issuer: config.issuer,
        }),
      ),
  },
};

/** The demo app is in no store, so the links to the stores lead to a page that says how to run it. */
function appOfDemo({ notebook: { origin } }: Config): { appStoreUrl: string; googlePlayUrl: string } {
  return { appStoreUrl: `${origin}/app`, googlePlayUrl: `${origin}/app` };
}

function shared(config: Config, clock: Clock, app: string) {
  const { cookieKeys, trustProxy, logLevel, mode, supportPhone } = config;
  return {
    cookieKeys,
    trustProxy,
    cacheViews: mode === 'production',
    anyHost: mode === 'production',
    supportPhone,
    clock,
    log: createLog(app, logLevel),
  };
}

function asRunning({ koa, close }: { koa: { callback(): RunningApp['handler'] }; close(): Promise<void> }): RunningApp {
  return { handler: koa.callback(), drain: () => undefined, close };
}

type Started = { app: Pick<RunningApp, 'report' | 'drain' | 'reload' | 'close'>; listening?: Listening; warming?: Promise<void> };

/** Listens first, so that a port in use is reported before anything is opened, and closes last, so that operators can watch the shutdown. */
export async function listenForOperators(
  admin: NonNullable<Config['admin']>,
  sources: AdminSources,
): Promise<Started & { listening: Listening }> {
  const place = { ...admin, setting: 'ADMIN_PORT', hostSetting: 'ADMIN_HOST' };
  const listening = await listen(createAdminHandler(admin.host, sources), place);
  return { app: { drain: () => undefined, close: async () => undefined }, listening };
}

/**
 * Starts the named apps and listens.
 * @param source reads and watches the configuration; without it, the configuration never changes
 * @throws {Error} if one of them cannot start; the ones started before it are stopped
 */
export async function startApps(
  config: Config,
  names: readonly AppName[],
  clock: Clock,
  source?: ConfigSource,
): Promise<RunningApps> {
  closeToOthers(config.dataDirectory, createLog(names.length === 1 ? String(names[0]) : 'all', config.logLevel));
  const started: Started[] = [];
  const stop = async (delayMs = 0): Promise<void> => {
    for (const { app, listening } of started) {
      app.drain();
      listening?.drain();
    }
    await sleep(delayMs);
    const failures: unknown[] = [];
    // In reverse order, so that apps that others call stop last. If closing one fails, the others are still closed.
    for (const { app, listening, warming } of started.toReversed()) {
      await listening?.close(GRACE_MS).catch((error: unknown) => failures.push(error));
      // Waits for modules that are still loading. A failure was already reported.
      await warming?.catch(() => undefined);
      await app.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  const reports = async (): Promise<ProcessReport[]> =>
    Promise.all(started.flatMap(({ app }) => (app.report ? [app.report()] : [])));
  try {
    // With workers, the first process listens for operators, because it knows them all.
    if (names.includes('id') && config.admin && !cluster.isWorker)
      started.push(await listenForOperators(config.admin, { reports, processes: 1 }));
    for (const name of Object.keys(STARTERS).filter((known): known is AppName => names.some((name) => name === known))) {
      const starter = STARTERS[name];
      const app = await starter.start(config, clock, source);
      const own: Started = { app };
      started.push(own);
      const setting = config.mode === 'production' ? 'PORT' : starter.setting;
      own.listening = await listen(app.handler, {
        port: starter.port(config),
        host: config.host,
        setting,
        keepAliveSeconds: config.keepAliveSeconds,
        onConnection: app.onConnection && (() => app.onConnection?.()),
      });
      // Runs after the start. If a module cannot be loaded, the error is uncaught and ends the process.
      own.warming = startIsOver().then(async () => app.warmUp?.());
    }
  } catch (error) {
    // The reason for the failed start matters more than an error while stopping.
    await stop().catch(() => undefined);
    throw error;
  }
  const reload = async (): Promise<void> => {
    await Promise.all(started.map(async ({ app }) => app.reload?.()));
  };
  return { stop, reload, reports };
}
