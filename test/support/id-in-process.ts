// The common ID in the process of the test: one or more nodes on one SQLite database, with client files of the test.
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import type { SharedDeps } from '../../src/deps.ts';
import { createFailedSignIns } from '../../src/authentication/failed-sign-ins.ts';
import { makeMissingKeys } from '../../src/keys/keys.ts';
import { createRefusalBook } from '../../src/oidc/clients/refusal-book.ts';
import { createSharedDeps } from '../../src/start/create-deps.ts';
import type { RunningApp } from '../../src/start/running-app.ts';
import { startCommonId } from '../../src/start/start-common-id.ts';
import { addUp } from '../../src/telemetry/add-up.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeProject, makeTestKey, WEB_SECRET } from '../attacks/support/attack-world.ts';

export type IdInProcess = {
  /** The address of the first node. */
  issuer: string;
  /** The port of each node. */
  ports: number[];
  directory: string;
  /** The settings, for the admin command. */
  env: Record<string, string>;
  storage: SharedDeps['storage'];
  /** The metrics of a node, as Prometheus reads them; with ADMIN_PORT. */
  metrics(node: number): Promise<string>;
  /** The lines of all nodes, parsed. */
  log: Record<string, unknown>[];
  close(): Promise<void>;
};

export type IdOptions = {
  clients?: Record<string, object>;
  env?: Record<string, string>;
  clock?: () => number;
  /** The configuration of each node; one node with the files' own if left out. */
  nodes?: ((config: Config) => Config)[];
};

export async function startIdInProcess({
  clients = {},
  env = {},
  clock = Date.now,
  nodes = [same],
}: IdOptions): Promise<IdInProcess> {
  const directory = await makeProject({ clients }, await makeTestKey());
  const servers = await Promise.all(nodes.map(async () => listen()));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const issuer = `http://127.0.0.1:${ports[0]}`;
  const settings = {
    ISSUER: issuer,
    DATA_DIRECTORY: join(directory, 'data'),
    PASSWORD_HASH_COST: '4',
    NOTICE_MAILS: 'false',
    ATTACK_WEB_SECRET: WEB_SECRET,
    ...env,
  };
  const config = loadConfig({ directory, apps: ['id'], env: settings });
  await makeMissingKeys(config.keyDirectory, clock());
  const lines: Record<string, unknown>[] = [];
  const log = createLog('common-id', 'info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const opened: SharedDeps[] = [];
  const apps: RunningApp[] = [];
  for (const [index, change] of nodes.entries()) {
    const changed = change(config);
    const made = await createSharedDeps(changed, clock, log);
    // So that tests need not wait for writes in the background.
    const shared = {
      ...made,
      refusals: createRefusalBook(made.storage, clock, 10),
      failedSignIns: createFailedSignIns(made.storage, clock, 10),
    };
    opened.push(shared);
    const app = await startCommonId(changed, clock, log, undefined, shared);
    apps.push(app);
    servers[index]?.on('request', app.handler);
  }
  const [first] = opened;
  if (!first) throw new Error('there is no node');
  return {
    issuer,
    ports,
    directory,
    env: settings,
    storage: first.storage,
    async metrics(node) {
      const report = await apps[node]?.report?.();
      return report ? addUp([report.metrics]) : '';
    },
    log: lines,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      for (const app of apps) await app.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const same = (config: Config): Config => config;

async function listen(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
