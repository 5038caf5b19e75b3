// A process that dies during a sweep: `node sweep-process.ts <url> <now> <done> <begun>` sweeps `done` artifacts, starts on `begun` more,
// and kills itself at a random moment.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPatiently } from '../../test/storage/open-patiently.ts';

const LONGEST_MS = 20;

const [url = '', now, done, begun] = process.argv.slice(2);
const storage = await openPatiently(url, () => Number(now));
await storage.sweep(Number(done));
void storage.sweep(Number(begun));
await sleep(randomInt(LONGEST_MS));
process.kill(process.pid, 'SIGKILL');
