// How the storage behaves as it grows: login lookup, code redemption and sweep at 10 thousand, 100 thousand and 1 million accounts.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { ARTIFACTS_PER_ACCOUNT, emailOf, fillDatabase, idOf } from './fill-database.ts';
import { measure, type Measured } from './measure.ts';

const ASKED = 5_000;
/**
 * A lookup takes hundredths of a millisecond, which anything else on the machine disturbs: of the rounds the one with the middle p99
 * counts. Before each one the pages of all accounts are read, at every size: what is measured is a machine whose memory holds them. One
 * that is short of memory, or whose host takes it away again, waits for its disk.
 */
const ROUNDS = 31;
const LOOKED_UP_IN_A_ROUND = 10_000;
const SWEEPS = 200;
const BATCH = 200;
/** Of each measurement, before it counts. */
const WARM_UP = 500;
const AT_ONCE = 200;

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
  const grown: Growth[] = [];
  try {
    await (await openStorage(`sqlite:${path}`, Date.now)).close();
    let standing = 0;
    for (const size of sizes) {
      fillDatabase(path, standing, size, began, (accounts) => {
        if (accounts % 100_000 === 0) tell(`  ${accounts} accounts after ${Math.round((Date.now() - began) / 1000)} s`);
      });
      standing = size;
      const measured = await measureAt(path, size);
      const fileMiB = (await stat(path)).size / 2 ** 20;
      grown.push({ accounts: size, artifacts: size * ARTIFACTS_PER_ACCOUNT, fileMiB, ...measured });
      const of = ({ p50, p99 }: Measured): string => `p50 ${p50.toFixed(3)} p99 ${p99.toFixed(3)} ms`;
      const { lookup, redemption, sweep } = measured;
      tell(
        `${String(size).padStart(9)} accounts  lookup ${of(lookup)}  redemption ${of(redemption)}  sweep of ${BATCH} ${of(sweep)}  file ${fileMiB.toFixed(0)} MiB`,
      );
    }
    tell(`p99 at the most accounts, as a multiple of that at the fewest: ${ratios(grown)}`);
    return grown;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ratios(grown: readonly Growth[]): string {
  const of = (kind: 'lookup' | 'redemption' | 'sweep'): string =>
    `${kind} ${((grown.at(-1)?.[kind].p99 ?? NaN) / (grown[0]?.[kind].p99 ?? NaN)).toFixed(2)}`;
  return [of('lookup'), of('redemption'), of('sweep')].join(', ');
}

async function measureAt(path: string, size: number): Promise<Pick<Growth, 'lookup' | 'redemption' | 'sweep'>> {
  let now = Date.now();
  const storage = await openStorage(`sqlite:${path}`, () => now);
  const reader = new DatabaseSync(path, { readOnly: true });
  try {
    const pick = (): number => Math.floor(Math.random() * size);
    const lookUp = (n: number): Promise<unknown> =>
      storage.accounts.findByEmail(emailOf(pick())).then((found) => found ?? fail(n));
    const lookup = await middleOf(ROUNDS, async () => {
      bringIntoMemory(reader);
      return timed(lookUp, LOOKED_UP_IN_A_ROUND);
    });
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
    return { lookup, redemption, sweep };
  } finally {
    reader.close();
    await storage.close();
  }
}

/** The first round is for the compiler. */
async function middleOf(rounds: number, round: () => Promise<Measured>): Promise<Measured> {
  await round();
  const results: Measured[] = [];
  while (results.length < rounds) results.push(await round());
  return results.toSorted((a, b) => a.p99 - b.p99)[Math.floor(rounds / 2)] ?? fail(0);
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
