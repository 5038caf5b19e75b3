// Measures the population of a migration on SQLite: npm run bench -- population [legacy users]. The import, the reading of the funnel with so
// many legacy users, a recount, and what counting costs beside a registration.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { createLegacyUserIds } from '../../src/domain/legacy-user-ids.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import { FUNNEL_STEPS, type LegacyUserStep } from '../../src/domain/population.ts';
import { importPopulation } from '../../src/operations/migration/import-population.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';

const MIB = 2 ** 20;
const READS = 20;
const REGISTRATIONS = 2_000;
const HASHES = 5;
/** The cost of the shipped configuration. */
const HASH_COST = 12;
const SEGMENTS = 20;
const DEALERS = 300;

/** Yields the rows of a list, as a file would. */
async function* listOf(rows: number): AsyncGenerator<Buffer> {
  yield Buffer.from('legacy_id,email,segment,dealer\n');
  const inOneChunk = 1_000;
  for (let first = 0; first < rows; first += inOneChunk) {
    const lines = Array.from({ length: Math.min(inOneChunk, rows - first) }, (_, index) => {
      const n = first + index;
      return `legacy-${n},person-${n}@example.jp,segment ${n % SEGMENTS},dealer-${n % DEALERS}\n`;
    });
    yield Buffer.from(lines.join(''));
  }
}

/** Runs the benchmark; `tell` receives the lines. */
export async function benchPopulation(users: number, tell: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'population-'));
  const storage = await openSqliteStorage({ path: join(folder, 'common-id.sqlite'), clock: Date.now });
  const keys = makeSecretKeys({ hmac: randomBytes(32).toString('hex'), subject: undefined, ledger: undefined });
  const ids = createLegacyUserIds(keys);
  try {
    let most = process.memoryUsage.rss();
    const before = most;
    const began = performance.now();
    const busy = process.cpuUsage();
    let at = began;
    const deps = { storage, config: { keys }, clock: Date.now } as unknown as Parameters<typeof importPopulation>[0];
    const onBatch = ({ rows }: { rows: number }): void => {
      most = Math.max(most, process.memoryUsage.rss());
      if (rows % 500_000 !== 0) return;
      tell(`  ${rows} rows, the last 500,000 at ${Math.round(500_000 / ((performance.now() - at) / 1000))} rows a second`);
      at = performance.now();
    };
    await importPopulation(deps, { clientId: 'owners-site', format: 'csv', open: () => listOf(users), onBatch });
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(busy);
    // Other load on the machine changes the rate, and the processor time hardly.
    const each = ((user + system) / users).toFixed(0);
    tell(
      `import of ${users} rows: ${Math.round(users / seconds)} a second, ${each} µs of processor time each, memory grew by ${Math.round((most - before) / MIB)} MiB`,
    );

    const reads: number[] = [];
    let lines = 0;
    for (let n = 0; n < READS; n += 1) {
      const start = performance.now();
      lines = Object.keys(await storage.population.counts()).length;
      reads.push(performance.now() - start);
    }
    tell(`the funnel of ${users} legacy users: ${lines} counts read in ${Math.max(...reads).toFixed(1)} ms at most`);

    const recountBegan = performance.now();
    const { before: counted, after } = await storage.population.recount();
    const isSame = JSON.stringify(sorted(counted)) === JSON.stringify(sorted(after));
    tell(`recount: ${((performance.now() - recountBegan) / 1000).toFixed(1)} s, ${isSame ? 'the same' : 'DIFFERENT'}`);

    await measureRegistrations(tell, async (n) => {
      const identity = ids.identityOf('owners-site', `legacy-${n}`);
      for (const step of FUNNEL_STEPS.filter((one) => one !== 'listed' && one !== 'invited')) {
        const taken: LegacyUserStep = { ...identity, step, at: Date.now(), device: 'phone' };
        await storage.population.follow(taken);
      }
    });
  } finally {
    await storage.close();
    await rm(folder, { recursive: true });
  }
}

const sorted = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Compares the processor time of counting all steps of a person with that of one password hash, which is only a part of a registration. */
async function measureRegistrations(tell: (line: string) => void, count: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; n < 100; n += 1) await count(n);
  const counting = process.cpuUsage();
  for (let n = 100; n < 100 + REGISTRATIONS; n += 1) await count(n);
  const { user, system } = process.cpuUsage(counting);
  const each = (user + system) / REGISTRATIONS;
  const hashing = process.cpuUsage();
  for (let n = 0; n < HASHES; n += 1) await bcrypt.hash('a password', HASH_COST);
  const spent = process.cpuUsage(hashing);
  const hash = (spent.user + spent.system) / HASHES;
  tell(
    `counting the ten steps of a person: ${Math.round(each)} µs of processor time, ${((each / hash) * 100).toFixed(2)} % of the ${Math.round(hash / 1000)} ms of the password's hash alone`,
  );
}
