// The ports of one run of the tests. Several runs on one machine do not meet: a run listens on the first port of its range until it ends,
// so that the system gives the range to nobody else and takes it back if the run is killed.
import { createServer } from 'node:net';

// Below the ports that the system gives to outgoing connections and to servers on port 0: one of those may be taken in the moment between
// being found free and being listened on. And above 10080, which browsers refuse.
const FIRST = 11_000;
const RANGES = 7;
export const PORTS_OF_A_RUN = 3_000;
/** Where the workers of a run learn the first port of its range. */
export const PORT_RANGE = 'TEST_PORT_RANGE';

/** Takes a range for this run, which its workers inherit. Returns how to give it back. If all are taken, the run shares one. */
export async function takePortRange(): Promise<() => Promise<void>> {
  for (let range = 0; range < RANGES; range += 1) {
    const first = FIRST + range * PORTS_OF_A_RUN;
    const server = createServer();
    const isOurs = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(first, '127.0.0.1', () => resolve(true));
    });
    if (!isOurs) continue;
    server.unref();
    process.env[PORT_RANGE] = String(first);
    return async () => {
      await new Promise((resolve) => server.close(resolve));
    };
  }
  process.env[PORT_RANGE] = String(FIRST + Math.floor(Math.random() * RANGES) * PORTS_OF_A_RUN);
  return async () => undefined;
}
