// One process of the writers benchmark: `node writer-process.ts <url> <writers> <seconds>`. It warms up, sends `ready`, starts when told to,
// and reports how many accounts it created, how many creations were refused, and how much processor time it took.
import { randomUUID } from 'node:crypto';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { openPatiently } from '../../test/storage/open-patiently.ts';

const WARM_UP_SECONDS = 3;

const [url = '', writers, seconds] = process.argv.slice(2);
const storage = await openPatiently(url);

async function write(until: number): Promise<{ created: number; refused: number }> {
  const count = { created: 0, refused: 0 };
  while (performance.now() < until) {
    const id = randomUUID();
    await storage.accounts.create(sampleAccount(id), eventAbout(id)).then(
      () => (count.created += 1),
      () => (count.refused += 1),
    );
  }
  return count;
}

async function writeFor(someSeconds: number): Promise<{ created: number; refused: number }> {
  const until = performance.now() + someSeconds * 1000;
  const counts = await Promise.all(Array.from({ length: Number(writers) }, async () => write(until)));
  const sum = (what: 'created' | 'refused'): number => counts.reduce((total, count) => total + count[what], 0);
  return { created: sum('created'), refused: sum('refused') };
}

// Otherwise each further process would add the time in which its code is compiled to the measured time.
await writeFor(WARM_UP_SECONDS);
process.once('message', async () => {
  const before = process.cpuUsage();
  const counts = await writeFor(Number(seconds));
  const { user, system } = process.cpuUsage(before);
  process.send?.({ ...counts, busyMs: (user + system) / 1000 });
  await storage.close();
  process.disconnect();
});
process.send?.('ready');
