// Finds ports on which no process listens, and gives each to one caller only.
import { createServer } from 'node:net';
import { PORT_RANGE, PORTS_OF_A_RUN } from './port-range.ts';

/** Outside a run of the tests, for scripts. */
const OF_SCRIPTS = 10_100;
/** Each worker of a run has its own. */
const OF_A_WORKER = 500;

const worker = Number(process.env['JEST_WORKER_ID'] ?? 0) % (PORTS_OF_A_RUN / OF_A_WORKER);
const range = process.env[PORT_RANGE];
// The first port of a run's range is taken by the run itself.
const first = range === undefined ? OF_SCRIPTS : Number(range) + worker * OF_A_WORKER + 1;
let next = Math.floor(Math.random() * OF_A_WORKER);

/** Ports that are free, all different; none is given twice to one test file before its five hundred have been given. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tried = 0; ports.length < count; tried += 1) {
    if (tried === OF_A_WORKER - 1) throw new Error(`${count} ports are not free between ${first} and ${first + OF_A_WORKER - 1}`);
    const port = first + (next % (OF_A_WORKER - 1));
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
