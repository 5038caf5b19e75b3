// How the storage behaves as it grows: login lookup, code redemption and sweep at 10 thousand, 100 thousand and 1 million accounts.
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { ARTIFACTS_PER_ACCOUNT, emailOf, fillDatabase, idOf } from './fill-database.ts';
import { measure, type Measured } from './measure.ts';

const ASKED = 5_000;
/**
 * A lookup takes hundredths of a millisecond, which anything else on the machine disturbs: of the rounds at a size the one with the
 * middle p99 counts. Before each one the pages of all accounts are read, at every size: what is measured is a machine whose memory holds them. One
 * that is short of memory, or whose host takes it away again, waits for its disk.
 */
const ROUNDS = 31;
const LOOKED_UP_IN_A_ROUND = 10_000;
const SWEEPS = 200;
const BATCH = 200;
/** Of each measurement, before it counts. */
const WARM_UP = 500;
const AT_ONCE = 200;

type File = { path: string; size: number };

export type Growth = {
  accounts: number;
  artifacts: number;
  fileMiB: number;
  lookup: Measured;
  redemption: Measured;
  /** One batch of 200 expired artifacts. */
  sweep: Measured;
};

/** @param sizes numbers of accounts, growing */
export async function grow(sizes: readonly number[], tell: (line: string) => void): Promise<Growth[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-growth-'));
  const path = join(folder, 'common-id.sqlite');
  const began = Date.now();
  const measured: Omit<Growth, 'lookup'>[] = [];
  const files: File[] = [];
  try {
    await (await openStorage(`sqlite:${path}`, Date.now)).close();
    let standing = 0;
    for (const size of sizes) {
      fillDatabase(path, standing, size, began, (accounts) => {
        if (accounts % 100_000 === 0) tell(`  ${accounts} accounts after ${Math.round((Date.now() - began) / 1000)} s`);
      });
      standing = size;
      // The largest stays where it is.
      const own = size === sizes.at(-1) ? path : join(folder, `${size}.sqlite`);
      if (own !== path) await copyFile(path, own);
      files.push({ path: own, size });
      const fileMiB = (await stat(path)).size / 2 ** 20;
      measured.push({ accounts: size, artifacts: size * ARTIFACTS_PER_ACCOUNT, fileMiB, ...(await measureWrites(path, size)) });
    }
    const lookups = await lookUpInTurn(files);
    const grown = measured.map((point, index) => ({ ...point, lookup: lookups[index] ?? fail(index) }));
    for (const point of grown) tell(lineOf(point));
    tell(`p99 at the most accounts, as a multiple of that at the fewest: ${ratios(grown)}`);
    return grown;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lineOf({ accounts, fileMiB, lookup, redemption, sweep }: Growth): string {
  const of = ({ p50, p99 }: Measured): string => `p50 ${p50.toFixed(3)} p99 ${p99.toFixed(3)} ms`;
  return `${String(accounts).padStart(9)} accounts  lookup ${of(lookup)}  redemption ${of(redemption)}  sweep of ${BATCH} ${of(sweep)}  file ${fileMiB.toFixed(0)} MiB`;
}

function ratios(grown: readonly Growth[]): string {
  const of = (kind: 'lookup' | 'redemption' | 'sweep'): string =>
    `${kind} ${((grown.at(-1)?.[kind].p99 ?? NaN) / (grown[0]?.[kind].p99 ?? NaN)).toFixed(2)}`;
  return [of('lookup'), of('redemption'), of('sweep')].join(', ');
}

/** Of each size the round with the middle p99. In turn, so that what else the machine does falls on all; the first round is for the compiler. */
async function lookUpInTurn(files: readonly File[]): Promise<Measured[]> {
  const subjects = await Promise.all(
    files.map(async ({ path, size }) => ({
      storage: await openStorage(`sqlite:${path}`, Date.now),
      reader: new DatabaseSync(path, { readOnly: true }),
      size,
      rounds: [] as Measured[],
    })),
  );
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { storage, reader, size, rounds } of subjects) {
        const email = (): string => emailOf(Math.floor(Math.random() * size));
        bringIntoMemory(reader);
        const lookUp = (n: number): Promise<unknown> => storage.accounts.findByEmail(email()).then((found) => found ?? fail(n));
        const measured = await timed(lookUp, LOOKED_UP_IN_A_ROUND);
        if (round > 0) rounds.push(measured);
      }
    }
    return subjects.map(({ rounds }) => rounds.toSorted((a, b) => a.p99 - b.p99)[Math.floor(ROUNDS / 2)] ?? fail(0));
  } finally {
    for (const { storage, reader } of subjects) {
      reader.close();
      await storage.close();
    }
  }
}

async function measureWrites(path: string, size: number): Promise<Pick<Growth, 'redemption' | 'sweep'>> {
  let now = Date.now();
  const storage = await openStorage(`sqlite:${path}`, () => now);
  try {
    const pick = (): number => Math.floor(Math.random() * size);
    const code = (n: number): string => idOf('code', `${size} ${n}`);
    await many(ASKED + WARM_UP, async (n) => {
      const accountId = idOf('account', pick());
      await storage.artifacts.save('AuthorizationCode', code(n), { accountId, grantId: idOf('grant', n) }, now + 60 * 60_000);
    });
    const redeem = async (n: number): Promise<unknown> =>
      (await storage.artifacts.consume('AuthorizationCode', code(n))) || fail(n);
    const redemption = await timed(redeem, ASKED);
    await many((SWEEPS + WARM_UP / 10) * BATCH, async (n) =>
      storage.artifacts.save('Interaction', idOf('interaction', `${size} ${n}`), { uid: idOf('uid', n) }, now + 60_000),
    );
    now += 120_000;
    const sweep = await timed(() => storage.sweep(BATCH), SWEEPS, WARM_UP / 10);
    await emptied(storage);
    return { redemption, sweep };
  } finally {
    await storage.close();
  }
}

/** Reads once what lookups read. */
function bringIntoMemory(reader: DatabaseSync): void {
  reader.prepare('SELECT sum(length(document)) FROM accounts').get();
  reader.prepare('SELECT count(*) FROM identifiers NOT INDEXED').get();
}

async function timed(work: (n: number) => Promise<unknown>, count: number, warmUp = WARM_UP): Promise<Measured> {
  await measure(work, { count: warmUp, atOnce: 1 });
  return measure((n) => work(warmUp + n), { count, atOnce: 1 });
}

function fail(n: number): never {
  throw new Error(`number ${n} was not there`);
}

/** The next size begins as this one did. */
async function emptied(storage: Storage): Promise<void> {
  while ((await storage.sweep(10_000)) > 0);
}

async function many(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - first);
    await Promise.all(Array.from({ length: size }, (_, n) => work(first + n)));
  }
}
