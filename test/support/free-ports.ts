// Ports that nobody listens on, and that nobody else is given.
import { createServer } from 'node:net';

// Below those that an operating system gives to outgoing connections and to whoever listens on port 0: one of them may be taken in the
// moment between its being found free and its being listened on, or while the node that listens on it is started anew.
// And above 10080, which browsers refuse.
const FIRST = 11_000;
const LAST = 32_000;
/** Each worker of the test runner has its own. */
const OF_A_WORKER = 1_000;

const workers = (LAST - FIRST) / OF_A_WORKER;
const first = FIRST + (Number(process.env['JEST_WORKER_ID'] ?? 0) % workers) * OF_A_WORKER;
// Somewhere in the middle, so that two runs of the tests on one machine seldom meet.
let next = Math.floor(Math.random() * OF_A_WORKER);

/** Ports that are free, all different; none is given twice to one test file before its thousand have been given. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tried = 0; ports.length < count; tried += 1) {
    if (tried === OF_A_WORKER) throw new Error(`${count} ports are not free between ${first} and ${first + OF_A_WORKER - 1}`);
    const port = first + (next % OF_A_WORKER);
    next += 1;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => resolve(true));
  });
  if (listening) await new Promise((resolve) => server.close(resolve));
  return listening;
}
