// F22: a backup is made while people log in, accounts are written and a node is killed. In an empty folder, with the keys and the secrets, it becomes
// a service in which people log in and nothing is missing that was acknowledged before.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../../src/config/config.ts';
import { inspectConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { verifyLedger } from '../../src/storage/verify-ledger.ts';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { logIn } from '../../test/support/log-in.ts';
import { createNode } from '../../test/support/node-world.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import type { World } from '../../test/support/world.ts';
import type { Fault, Nodes } from './fault.ts';

const ADMIN = fileURLToPath(new URL('../admin.ts', import.meta.url));
const run = promisify(execFile);
/** What is in the data directory beside the database, and belongs to a backup. */
const KEYS_AND_SECRETS = ['keys', 'development-secrets.json'];

export const restoreBackup: Fault = {
  id: 'F22',
  title: 'a backup under load while a node is killed, restored into an empty folder',
  backends: ['SQLite'],
  async run(backend, short) {
    const nodes = await backend.startNodes(2);
    const folder = await mkdtemp(join(tmpdir(), 'restore-'));
    try {
      return await drill(nodes, folder, short ? 1 : 20);
    } finally {
      await nodes.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function drill(nodes: Nodes, folder: string, times: number): Promise<string> {
  const { world, database } = nodes;
  const data = world.env.DATA_DIRECTORY ?? '';
  const backUp = async (file: string): Promise<unknown> => {
    const env = { PATH: process.env.PATH, ...world.env, DATABASE_URL: database.directUrl };
    return run(process.execPath, ['--no-warnings', ADMIN, 'storage', 'backup', '--to', file], { env });
  };
  const published = await keysOf(world);
  const load = startLoad(nodes);
  const backups: { file: string; acknowledged: string[] }[] = [];
  try {
    for (let time = 0; time < times; time += 1) {
      await load.more();
      const file = join(folder, `backup-${time}.sqlite`);
      const acknowledged = load.acknowledged();
      const making = backUp(file);
      const [, node] = nodes.nodes;
      assert(node);
      nodes.proxy.resting.add(node.port);
      await node.kill();
      await making;
      await node.start();
      nodes.proxy.resting.delete(node.port);
      backups.push({ file, acknowledged });
    }
  } finally {
    await load.end();
  }
  for (const [index, { file, acknowledged }] of backups.entries()) {
    const restored = join(folder, `restored-${index}`);
    const url = `sqlite:${join(restored, 'common-id.sqlite')}`;
    await mkdir(restored);
    await cp(file, join(restored, 'common-id.sqlite'));
    for (const part of KEYS_AND_SECRETS) await cp(join(data, part), join(restored, part), { recursive: true });
    assert.deepEqual(await walkThrough(nodes, { DATA_DIRECTORY: restored, DATABASE_URL: url }), published, 'other keys');
    const { ledger } = secretsOf({ ...world, env: { ...world.env, DATA_DIRECTORY: restored } });
    const storage = await openStorage(url, Date.now, undefined, ledger);
    try {
      assert.deepEqual((await verifyLedger(storage.ledger, [ledger])).findings, [], 'the restored ledger is not sound');
      const missing: string[] = [];
      for (const id of acknowledged) if ((await storage.accounts.find(id)) === undefined) missing.push(id);
      assert.deepEqual(missing, [], 'the backup lacks accounts that were acknowledged before it');
    } finally {
      await storage.close();
    }
  }
  const counts = backups.map(({ acknowledged }) => acknowledged.length);
  assert(Math.min(...counts) > 0, 'nothing was written before the backup');
  return `${times} backups, a node killed during each; ${Math.max(...counts)} accounts acknowledged before the last, none missing; a login in each restored folder`;
}

/** The keys that are derived from the secrets in the data directory. */
export function secretsOf({ env, project }: World): Config['keys'] {
  const { config, problems } = inspectConfig({ env, directory: project, apps: ['id'], keys: 'unchecked' });
  assert(config, problems.map(formatProblem).join('\n'));
  return config().keys;
}

const keysOf = async (world: World): Promise<unknown> => (await fetch(`${world.origins.id}/jwks`)).json();

/** Lets the restored service alone answer, and a person log in there. Afterwards the nodes serve again. @returns its public keys */
async function walkThrough({ world, nodes, proxy }: Nodes, env: Record<string, string>): Promise<unknown> {
  const [first, second] = nodes;
  assert(first && second);
  await first.stop();
  proxy.resting.add(second.port);
  const service = createNode(first.port, [], {
    ...world.env,
    ...env,
    LOG_LEVEL: 'warn',
    TRUST_PROXY: 'true',
    PORT: `${first.port}`,
    ADMIN_PORT: '',
  });
  try {
    await service.start();
    await logIn(world, 'yamada@example.jp', '127.0.22.9');
    return await keysOf(world);
  } finally {
    await service.stop();
    await first.start();
    proxy.resting.delete(second.port);
  }
}

/** A person who logs in again and again, and a further process that writes accounts with their events into the database of the nodes. */
function startLoad({ world, database }: Nodes) {
  const acknowledged: string[] = [];
  let isOver = false;
  let logins = 0;
  let storage: Storage | undefined;
  const walk = async (): Promise<void> => {
    while (!isOver) {
      // The node that is killed may have the request.
      const arrives = await logIn(world, 'yamada@example.jp', '127.0.22.1').then(
        () => true,
        () => false,
      );
      if (arrives) logins += 1;
    }
  };
  const write = async (): Promise<void> => {
    storage = await openStorage(database.directUrl, Date.now, undefined, secretsOf(world).ledger);
    while (!isOver) {
      const id = `f22-${crypto.randomUUID()}`;
      await storage.accounts.create(sampleAccount(id), eventAbout(id));
      acknowledged.push(id);
    }
  };
  const failures: unknown[] = [];
  const running = [walk(), write()].map(async (work) => work.catch((error: unknown) => void failures.push(error)));
  return {
    acknowledged: () => [...acknowledged],
    async more() {
      const before = { logins, accounts: acknowledged.length };
      const grown = (): boolean => logins > before.logins && acknowledged.length > before.accounts;
      await untilTrue('the load goes on', () => failures.length > 0 || grown(), { tell: () => failures.map(String) });
      assert.deepEqual(failures, []);
    },
    async end() {
      isOver = true;
      await Promise.all(running);
      await storage?.close();
      assert.deepEqual(failures.map(String), []);
    },
  };
}
