// A MongoDB for the tests: the one that TEST_MONGODB_URI names, else a `mongod` on the PATH, else the server in memory of
// test/storage/mongo-server (needs Java and Maven), else none, with the reason. REQUIRE_MONGODB=1 makes "none" an error.
import { createHash } from 'node:crypto';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../support/free-ports.ts';

const FOLDER = join(import.meta.dirname, 'mongo-server');
const SOURCES = ['pom.xml', 'src/main/java/MongoServerForTests.java'];
const START_TIMEOUT_MS = 60_000;

export type MongoServer = {
  /** Without a database: put `/<name>` behind it, one for each test. */
  url: string;
  /** For what a test says of it. */
  name: string;
  /** Of a server that this process started. */
  pid?: number;
  stop(): Promise<void>;
};

export type NoMongoServer = { reason: string };

/** Whether a server can be had, without starting it; tests are declared by this. */
export function mongoServerAvailable(): true | NoMongoServer {
  if (process.env['TEST_MONGODB_URI'] || onPath('mongod') || (onPath('java') && onPath('mvn'))) return true;
  const reason = 'TEST_MONGODB_URI is not set, and neither mongod nor Java with Maven is on the PATH';
  if (process.env['REQUIRE_MONGODB'] === '1') throw new Error(`REQUIRE_MONGODB=1, but ${reason}`);
  return { reason };
}

/** Where test/support/shared-mongo.ts tells the address of the server that all suites of a run share. */
export const MONGO_DESK = 'TEST_MONGO_DESK';

/** @throws where it cannot be started; nothing is skipped then */
export async function startMongoServer(): Promise<MongoServer> {
  const given = process.env['TEST_MONGODB_URI'];
  if (given) return { url: given.replace(/\/+$/, ''), name: 'TEST_MONGODB_URI', stop: async () => undefined };
  const desk = process.env[MONGO_DESK];
  return desk ? askAtDesk(desk) : startOwnMongoServer();
}

/** Another one than those of others. @throws where it cannot be started */
export async function startOwnMongoServer(): Promise<MongoServer> {
  return onPath('mongod') ? startMongod() : startInMemory();
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

async function askAtDesk(desk: string): Promise<MongoServer> {
  const answer = await fetch(desk);
  if (!answer.ok) throw new Error(await answer.text());
  return { ...((await answer.json()) as Pick<MongoServer, 'url' | 'name'>), stop: async () => undefined };
}

const pidOf = ({ pid }: ChildProcess) => (pid === undefined ? {} : { pid });

async function startMongod(): Promise<MongoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mongod-'));
  const [port] = await freePorts(1);
  const child = spawn('mongod', ['--dbpath', folder, '--port', `${port}`, '--bind_ip', '127.0.0.1', '--quiet'], {
    stdio: 'ignore',
  });
  const url = `mongodb://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  return { url, name: 'mongod', ...pidOf(child), stop };
}

async function startInMemory(): Promise<MongoServer> {
  const built = await build();
  const classPath = [join(built, 'classes'), (await readFile(join(built, 'classpath'), 'utf8')).trim()].join(delimiter);
  const options = ['-Xmx768m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'MongoServerForTests'];
  const child = spawn('java', options, { stdio: ['pipe', 'pipe', 'ignore'] });
  const url = await firstLine(child);
  return { url, name: 'mongo-java-server (in memory)', ...pidOf(child), stop: () => end(child) };
}

/** Builds once, and answers where; the finished folder comes into its place in one move, so that test processes may race. */
async function build(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(readFileSync(join(FOLDER, source)));
  const target = join(FOLDER, 'target', hash.digest('hex').slice(0, 12));
  if (existsSync(join(target, 'classpath'))) return target;
  const workshop = await mkdtemp(join(tmpdir(), 'mongo-server-'));
  try {
    await cp(join(FOLDER, 'pom.xml'), join(workshop, 'pom.xml'));
    await cp(join(FOLDER, 'src'), join(workshop, 'src'), { recursive: true });
    const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${join(workshop, 'target', 'classpath')}`];
    await promisify(execFile)('mvn', ['-q', '-B', ...goals], { cwd: workshop });
    const beside = `${target}.${process.pid}`;
    await mkdir(join(FOLDER, 'target'), { recursive: true });
    await cp(join(workshop, 'target'), beside, { recursive: true });
    // Another process may have been first.
    await rename(beside, target).catch(() => rm(beside, { recursive: true }));
    return target;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (!stdout) throw new Error('the server has no standard output');
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the MongoDB of the tests ended at its start (${String(code)})`)));
  });
  const late = sleep(START_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error('the MongoDB of the tests did not start in time');
  });
  const line = new Promise<string>((resolve) => createInterface(stdout).once('line', resolve));
  return Promise.race([line, ended, late]);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
