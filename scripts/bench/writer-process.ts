// One process of the writers benchmark: `node writer-process.ts <url> <writers> <seconds>`. It sends `ready`, starts when told to, and
// reports how many accounts it created and how many creations were refused.
import { randomUUID } from 'node:crypto';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { openPatiently } from '../../test/storage/open-patiently.ts';

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

process.once('message', () => {
  const until = performance.now() + Number(seconds) * 1000;
  void Promise.all(Array.from({ length: Number(writers) }, async () => write(until))).then(async (counts) => {
    const sum = (what: 'created' | 'refused'): number => counts.reduce((total, count) => total + count[what], 0);
    process.send?.({ created: sum('created'), refused: sum('refused') });
    await storage.close();
    process.disconnect();
  });
});
process.send?.('ready');
