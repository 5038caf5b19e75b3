// Measures how many accounts 1, 2 and 4 processes create on one database, with 16 concurrent writers in each: on SQLite, and on the tests'
// MongoDB with and without 40 ms of added latency. It also measures the processor time for each account. On MongoDB it counts the messages to
// the server for each account, too: if the processes got into each other's way, they would repeat writes, and the number would grow.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import { mongoServerAvailable, startOwnMongoServer } from '../../test/storage/mongo-server.ts';
import { busyMs } from './busy-time.ts';

const PROCESSES = [1, 2, 4];
const WRITERS = 16;
const SECONDS = 5;
const DELAY_MS = 40;

type Tell = (line: string) => void;

/** Runs the benchmark; `tell` receives the results. */
export async function benchWriters(tell: Tell): Promise<void> {
  tell(`accounts created a second, ${WRITERS} writers a process, with ${PROCESSES.join(' / ')} processes:`);
  const folder = await mkdtemp(join(tmpdir(), 'writers-'));
  await each(tell, 'SQLite', async (processes) => ({
    url: `sqlite:${join(folder, `${processes}.sqlite`)}`,
    close: async () => undefined,
  }));
  await rm(folder, { recursive: true });
  const available = mongoServerAvailable();
  if (available !== true) return tell(`MongoDB: left out, ${available.reason}`);
  for (const delay of [0, DELAY_MS]) {
    // Each run gets its own server, because the in-memory server slows down as it fills.
    await each(tell, `MongoDB, ${delay} ms of added latency`, async () => {
      const server = await startOwnMongoServer();
      const proxy = await startDelay(Number(new URL(server.url).port), delay);
      await createMongoIndexes(`${server.url}/writers`);
      const close = async (): Promise<void> => {
        proxy.close();
        await server.stop();
      };
      return {
        url: `mongodb://127.0.0.1:${proxy.port}/writers?directConnection=true`,
        server: { messages: proxy.messages, busyMs: () => busyMs(server.pid) },
        close,
      };
    });
  }
}

type Server = { messages(): number; busyMs(): number };
type Database = { url: string; server?: Server; close(): Promise<void> };
type Counts = { created: number; refused: number; busyMs: number };

async function each(tell: Tell, name: string, make: (processes: number) => Promise<Database>): Promise<void> {
  tell(`${name}:`);
  for (const processes of PROCESSES) {
    const { url, server, close } = await make(processes);
    const { created, refused, ofProcesses, ofServer } = await run(url, processes, server);
    await close();
    const each = (sum: number): string => (sum / created).toFixed(2);
    const onServer = ofServer
      ? `, ${each(ofServer.busyMs)} ms of the server's and ${each(ofServer.messages)} messages to it`
      : '';
    const notCreated = refused > 0 ? ` (${refused} refused)` : '';
    tell(
      `  ${processes}: ${Math.round(created / SECONDS)}${notCreated}; for each, ${each(ofProcesses)} ms of the processes' processor time${onServer}`,
    );
  }
}

async function run(url: string, processes: number, server?: Server) {
  const children: ChildProcess[] = [];
  for (let n = 0; n < processes; n += 1) {
    const child = fork(join(import.meta.dirname, 'writer-process.ts'), [url, `${WRITERS}`, `${SECONDS}`]);
    await once(child, 'message');
    children.push(child);
  }
  const look = () => server && { messages: server.messages(), busyMs: server.busyMs() };
  const before = look();
  const answers = await Promise.all(
    children.map(async (child) => {
      child.send('begin');
      const [counts] = (await once(child, 'message')) as [Counts];
      return counts;
    }),
  );
  const after = look();
  await Promise.all(children.map(async (child) => child.exitCode ?? once(child, 'exit')));
  const sum = (what: keyof Counts): number => answers.reduce((total, counts) => total + counts[what], 0);
  const ofServer = before && after && { messages: after.messages - before.messages, busyMs: after.busyMs - before.busyMs };
  return { created: sum('created'), refused: sum('refused'), ofProcesses: sum('busyMs'), ofServer };
}

/** Starts a proxy to a local port that delays everything sent to it. */
async function startDelay(port: number, delayMs: number): Promise<{ port: number; messages(): number; close(): void }> {
  let messages = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk: Buffer) => {
      messages += 1;
      setTimeout(() => target.write(chunk), delayMs);
    });
    target.pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, messages: () => messages, close };
}
