// Valid but unsafe configurations: design/security-2.md S127. Each row is one, with its exact sentences.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import type { AppName } from '../../src/config/config.ts';
import { inspectConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import { isNetworkFileSystem } from '../../src/config/unsafe/check-places.ts';
import { makeProductionExample } from '../config/production-example.ts';
import { temporaryProjects, type TemporaryProject } from '../config/temporary-project.ts';
import { runAdmin } from '../scripts/run-admin.ts';
import { freePorts } from '../support/free-ports.ts';
import { start } from './support/start-program.ts';
import { SECRET_MEND, SMS, unsafeConfigurations, type Env } from './support/unsafe-configurations.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { make, clean } = temporaryProjects();
const example = await makeProductionExample();
const shared = make();
afterAll(() => {
  clean();
  example.clean();
});

const GOOD = example.env as Record<string, string>;

function told(env: Env, project: TemporaryProject = shared, apps: AppName[] = ['id']): string[] {
  const { problems } = inspectConfig({ env, directory: project.directory, apps });
  return problems.map((problem) => `${problem.severity}: ${formatProblem(problem)}`);
}

test.each(unsafeConfigurations(GOOD))(
  'S127 production, %s: exactly these sentences, in the check and at the start',
  (_what, env, sentences) => {
    expect(told({ ...GOOD, ...env })).toEqual(sentences);
  },
);

test('S127 any one limit at its bound: a warning that it has almost no effect', () => {
  const schema = JSON.parse(shared.read('config/policy.schema.json')) as Bounds;
  type Bounds = { properties?: Record<string, Bounds>; minimum?: number; maximum?: number };
  const limits = (bounds: Bounds | undefined, path: string): [string, Bounds][] =>
    bounds?.properties
      ? Object.entries(bounds.properties).flatMap(([key, inner]) => limits(inner, `${path}.${key}`))
      : [[path, bounds ?? {}]];
  const all = limits(schema.properties?.rate_limits, 'rate_limits').filter(([, { maximum }]) => maximum !== undefined);
  expect(all.length).toBeGreaterThan(5);
  for (const [path, { minimum, maximum }] of all) {
    const project = make();
    const isShortWeak = /(window|after)_seconds$/.test(path);
    project.edit('config/policy.json', { [path]: isShortWeak ? minimum : maximum });
    const [sentence = '', ...others] = told(GOOD, project).filter((each) => each.includes(path));
    expect([path, others]).toEqual([path, []]);
    expect(sentence).toMatch(
      isShortWeak
        ? /^warning: .*; a limit with such a short time has almost no effect$/
        : /^warning: .*; the limit has almost no effect$/,
    );
  }
});

test('S127 a database on another machine’s disk: recognised by its file system', () => {
  // NFS, SMB, SMB 2, CIFS; and a negative number, as Node reports large ones on some systems.
  for (const type of [0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0xff534d42 | 0])
    expect([type, isNetworkFileSystem(type)]).toEqual([type, true]);
  // ext4, XFS, Btrfs, tmpfs, overlayfs.
  for (const type of [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630])
    expect([type, isNetworkFileSystem(type)]).toEqual([type, false]);
});

test('S127 development that others can reach: a warning that they can read the mails and know the passwords', () => {
  const found = 'set NODE_ENV=production if others should reach it';
  expect(told({ HOST: '0.0.0.0' }, make(), ['id', 'mailbox'])).toEqual([
    `warning: environment: HOST: expected this machine only in development, found 0.0.0.0: everybody in the network can read the mails in the mailbox; ${found}`,
    `warning: environment: DEMO_DATA: expected false if others can reach this machine, found true with HOST=0.0.0.0: everybody knows the passwords; ${found}`,
  ]);
  expect(told({ HOST: '127.0.0.1' }, make(), ['id', 'mailbox'])).toEqual([]);
});

test('S127 the shipped files in development, .env.example, and a good example of production: no warning', () => {
  const everything: AppName[] = ['mailbox', 'dealer', 'id', 'owners-site', 'notebook', 'demo-clients', 'console'];
  const project = make();
  expect(told({}, project, everything)).toEqual([]);
  project.write('.env', readFileSync(join(ROOT, '.env.example'), 'utf8').replace(/^#(?=[A-Z_]+=)/gm, ''));
  expect(told({}, project, everything)).toEqual([]);
  for (const env of [
    GOOD,
    { ...GOOD, DATABASE_URL: 'sqlite:data/common-id.sqlite' },
    { ...GOOD, DATABASE_URL: 'mongodb://127.0.0.1:27017,[::1]:27018/id' },
    { ...GOOD, DATABASE_URL: 'mongodb://id:w8Zr4Tq1Lm@a.example.jp,b.example.jp/id?replicaSet=r&tls=true' },
    { ...GOOD, SMTP_URL: 'smtp://127.0.0.1:25' },
    { ...GOOD, SMTP_URL: 'smtp://id:w8Zr4Tq1Lm@mail.example.jp:587?requireTLS=true' },
    { ...GOOD, SUBJECT_KEY: GOOD.HMAC_KEY, LEDGER_KEY: GOOD.HMAC_KEY },
    { ...GOOD, SUBJECT_KEY: 'Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb', LEDGER_KEY: 'Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb' },
    { ...GOOD, ADMIN_PORT: '9464' },
    { ...GOOD, ...SMS },
    { ...GOOD, ...SMS, SMS_URL: 'http://127.0.0.1:8090/' },
    { ...GOOD, ADMIN_PORT: '9464', ADMIN_HOST: '10.0.0.7' },
    { ...GOOD, NODE_OPTIONS: '--max-old-space-size=512', WEB_CONCURRENCY: '2' },
  ])
    expect([env, told(env)]).toEqual([env, []]);
  for (const app of ['owners-site', 'notebook', 'dealer', 'console'] as const)
    expect([app, told(GOOD, shared, [app])]).toEqual([app, []]);
});

test('S127 a warning and an error at the start: the program starts with the warning, and stops with the error; config check reports the same', async () => {
  const project = make();
  const [port = 0] = await freePorts(1);
  const sound = {
    PATH: process.env.PATH,
    NODE_NO_WARNINGS: '1',
    ...GOOD,
    PORT: String(port),
    DATA_DIRECTORY: join(project.directory, 'data'),
  };
  const env = { ...sound, DATABASE_URL: `sqlite:${join(project.directory, 'data/id.sqlite')}`, LOG_LEVEL: 'silent' };
  const warning = 'environment: LOG_LEVEL: expected at least error, found silent; nobody would see faults and attacks';
  const error = `environment: HMAC_KEY: expected a secret of its own, found that of COOKIE_KEYS; ${SECRET_MEND}`;
  const bad = { ...env, COOKIE_KEYS: GOOD.HMAC_KEY };
  const [good, stopped, check, badCheck] = await Promise.all([
    start(env, port),
    start(bad, 0),
    runAdmin(['config', 'check'], { env }),
    runAdmin(['config', 'check'], { env: bad }),
  ]);
  expect(good).toMatchObject({ ready: true, err: `warning: ${warning}\n` });
  expect(stopped).toEqual({
    ready: false,
    code: 1,
    err: `The configuration has 1 mistake:\n  - ${error}\n  - warning: ${warning}\n`,
  });
  expect(check).toMatchObject({ code: 0, out: `The configuration has no mistakes:\n  - warning: ${warning}\n` });
  expect(badCheck).toMatchObject({ code: 1, out: `1 mistake, 1 warning:\n  - ${error}\n  - warning: ${warning}\n` });
}, 120_000);
