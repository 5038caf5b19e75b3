// Measures how many accounts 1, 2 and 4 processes create on one database, with 16 concurrent writers in each: on SQLite, and on the tests'
// MongoDB with and without 40 ms of added latency. On MongoDB it also counts the messages to the server for each account: if the processes got
// into each other's way, they would repeat writes, and the number would grow.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import { mongoServerAvailable, startOwnMongoServer } from '../../test/storage/mongo-server.ts';

const PROCESSES = [1, 2, 4];
const WRITERS = 16;
const SECONDS = 5;
const DELAY_MS = 40;

type Tell = (line: string) => void;

/** Runs the benchmark; `tell` receives the results. */
export async function benchWriters(tell: Tell): Promise<void> {
  tell(`accounts created a second, ${WRITERS} writers a process, with ${PROCESSES.join(' / ')} processes:`);
  const folder = await mkdtemp(join(tmpdir(), 'writers-'));
  await each(tell, 'SQLite', async (processes) => `sqlite:${join(folder, `${processes}.sqlite`)}`);
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
      return { url: `mongodb://127.0.0.1:${proxy.port}/writers?directConnection=true`, messages: proxy.messages, close };
    });
  }
}

type Database = string | { url: string; messages(): number; close(): Promise<void> };

async function each(tell: Tell, name: string, make: (processes: number) => Promise<Database>): Promise<void> {
  const told: string[] = [];
  for (const processes of PROCESSES) {
    const database = await make(processes);
    const { created, refused } = await run(typeof database === 'string' ? database : database.url, processes);
    const each = typeof database === 'string' ? '' : ` (${(database.messages() / created).toFixed(1)} messages each)`;
    if (typeof database !== 'string') await database.close();
    told.push(`${Math.round(created / SECONDS)}${each}${refused > 0 ? ` (${refused} refused)` : ''}`);
  }
  tell(`${name}: ${told.join(' / ')}`);
}

async function run(url: string, processes: number): Promise<{ created: number; refused: number }> {
  const children: ChildProcess[] = [];
  for (let n = 0; n < processes; n += 1) {
    const child = fork(join(import.meta.dirname, 'writer-process.ts'), [url, `${WRITERS}`, `${SECONDS}`]);
    await once(child, 'message');
    children.push(child);
  }
  const answers = await Promise.all(
    children.map(async (child) => {
      const ended = once(child, 'exit');
      child.send('begin');
      const [count] = (await once(child, 'message')) as [{ created: number; refused: number }];
      await ended;
      return count;
    }),
  );
  return {
    created: answers.reduce((sum, { created }) => sum + created, 0),
    refused: answers.reduce((sum, { refused }) => sum + refused, 0),
  };
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
