// How the storage behaves as it grows: login lookup, code redemption and sweep at 10 thousand, 100 thousand and 1 million accounts.
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { ARTIFACTS_PER_ACCOUNT, emailOf, fillDatabase, idOf } from './fill-database.ts';
import { measure, type Measured } from './measure.ts';

/**
 * Other load on the machine disturbs operations that take hundredths of a millisecond or wait for a disk. So the round with
 * the median p99 counts, and the sizes take turns, so that other load affects all of them. The first round warms up the compiler.
 * Before each round of lookups the pages of all accounts are read, because we measure a machine whose memory holds them.
 */
const LOOKUP = { rounds: 31, times: 10_000 };
const REDEMPTION = { rounds: 9, times: 2_000 };
const SWEEP = { rounds: 9, times: 200 };
const BATCH = 200;
/** The number of lookups and redemptions at the start of each round that are not counted. */
const WARM_UP = 500;
const AT_ONCE = 200;

type Kind = 'lookup' | 'redemption' | 'sweep';

/** A database file under measurement. */
type Subject = {
  size: number;
  fileMiB: number;
  storage: Storage;
  reader: DatabaseSync;
  /** Moves the clock forward, to let artifacts expire. */
  wait(milliseconds: number): void;
};

export type Growth = {
  accounts: number;
  artifacts: number;
  fileMiB: number;
  lookup: Measured;
  redemption: Measured;
  /** Sweeps of one batch of 200 expired artifacts. */
  sweep: Measured;
};

/** @param sizes numbers of accounts, in ascending order */
export async function grow(sizes: readonly number[], tell: (line: string) => void): Promise<Growth[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-growth-'));
  const subjects: Subject[] = [];
  try {
    const files = await fillFiles(folder, sizes, tell);
    for (const { path, size } of files) subjects.push(await open(path, size));
    const redemptions = await inTurn(subjects, REDEMPTION.rounds, redeemCodes);
    const sweeps = await inTurn(subjects, SWEEP.rounds, sweepArtifacts);
    const lookups = await inTurn(subjects, LOOKUP.rounds, lookUpAccounts);
    const grown = subjects.map(({ size, fileMiB }, index) => ({
      accounts: size,
      artifacts: size * ARTIFACTS_PER_ACCOUNT,
      fileMiB,
      lookup: lookups[index] ?? fail(index),
      redemption: redemptions[index] ?? fail(index),
      sweep: sweeps[index] ?? fail(index),
    }));
    for (const point of grown) tell(lineOf(point));
    tell(`p99 at the most accounts, as a multiple of that at the fewest: ${ratios(grown)}`);
    return grown;
  } finally {
    for (const { storage, reader } of subjects) {
      reader.close();
      await storage.close();
    }
    await rm(folder, { recursive: true, force: true });
  }
}

/** Creates a file for each size; each starts as a copy of the smaller one. */
async function fillFiles(folder: string, sizes: readonly number[], tell: (line: string) => void) {
  const path = join(folder, 'common-id.sqlite');
  const began = Date.now();
  await (await openStorage(`sqlite:${path}`, Date.now)).close();
  const files: { path: string; size: number }[] = [];
  let standing = 0;
  for (const size of sizes) {
    fillDatabase(path, standing, size, began, (accounts) => {
      if (accounts % 100_000 === 0) tell(`  ${accounts} accounts after ${Math.round((Date.now() - began) / 1000)} s`);
    });
    standing = size;
    // The largest file is used in place.
    const own = size === sizes.at(-1) ? path : join(folder, `${size}.sqlite`);
    if (own !== path) await copyFile(path, own);
    files.push({ path: own, size });
  }
  return files;
}

async function open(path: string, size: number): Promise<Subject> {
  const fileMiB = (await stat(path)).size / 2 ** 20;
  let ahead = 0;
  const storage = await openStorage(`sqlite:${path}`, () => Date.now() + ahead);
  const reader = new DatabaseSync(path, { readOnly: true });
  return { size, fileMiB, storage, reader, wait: (milliseconds) => void (ahead += milliseconds) };
}

function lineOf({ accounts, fileMiB, lookup, redemption, sweep }: Growth): string {
  const of = ({ p50, p99 }: Measured): string => `p50 ${p50.toFixed(3)} p99 ${p99.toFixed(3)} ms`;
  return `${String(accounts).padStart(9)} accounts  lookup ${of(lookup)}  redemption ${of(redemption)}  sweep of ${BATCH} ${of(sweep)}  file ${fileMiB.toFixed(0)} MiB`;
}

function ratios(grown: readonly Growth[]): string {
  const of = (kind: Kind): string => `${kind} ${((grown.at(-1)?.[kind].p99 ?? NaN) / (grown[0]?.[kind].p99 ?? NaN)).toFixed(2)}`;
  return [of('lookup'), of('redemption'), of('sweep')].join(', ');
}

/** Returns the round with the median p99 for each subject. */
async function inTurn(
  subjects: readonly Subject[],
  rounds: number,
  measureRound: (subject: Subject, round: number) => Promise<Measured>,
): Promise<Measured[]> {
  const measured = subjects.map((): Measured[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      const one = await measureRound(subject, round);
      if (round > 0) measured[index]?.push(one);
    }
  }
  return measured.map((all) => all.toSorted((a, b) => a.p99 - b.p99)[Math.floor(rounds / 2)] ?? fail(0));
}

async function lookUpAccounts({ storage, reader, size }: Subject): Promise<Measured> {
  const email = (): string => emailOf(Math.floor(Math.random() * size));
  bringIntoMemory(reader);
  return timed((n) => storage.accounts.findByEmail(email()).then((found) => found ?? fail(n)), LOOKUP.times, WARM_UP);
}

async function redeemCodes({ storage, size }: Subject, round: number): Promise<Measured> {
  const code = (n: number): string => idOf('code', `${round} ${n}`);
  const expiresAt = Date.now() + 60 * 60_000;
  await many(REDEMPTION.times + WARM_UP, async (n) => {
    const accountId = idOf('account', Math.floor(Math.random() * size));
    await storage.artifacts.save('AuthorizationCode', code(n), { accountId, grantId: idOf('grant', n) }, expiresAt);
  });
  const redeem = async (n: number): Promise<unknown> =>
    (await storage.artifacts.consume('AuthorizationCode', code(n))) || fail(n);
  return timed(redeem, REDEMPTION.times, WARM_UP);
}

async function sweepArtifacts({ storage, wait }: Subject, round: number): Promise<Measured> {
  // Lets the redeemed codes expire, so that they do not affect the measurement.
  wait(2 * 60 * 60_000);
  while ((await storage.sweep(BATCH)) > 0);
  const expiresAt = Date.now();
  await many(SWEEP.times * BATCH, async (n) =>
    storage.artifacts.save('Interaction', idOf('interaction', `${round} ${n}`), { uid: idOf('uid', n) }, expiresAt),
  );
  return timed((n) => storage.sweep(BATCH).then((swept) => swept === BATCH || fail(n)), SWEEP.times, 0);
}

/** Reads the pages that lookups use. */
function bringIntoMemory(reader: DatabaseSync): void {
  reader.prepare('SELECT sum(length(document)) FROM accounts').get();
}

async function timed(work: (n: number) => Promise<unknown>, count: number, warmUp: number): Promise<Measured> {
  await measure(work, { count: warmUp, atOnce: 1 });
  return measure((n) => work(warmUp + n), { count, atOnce: 1 });
}

function fail(n: number): never {
  throw new Error(`number ${n} was not there`);
}

async function many(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - first);
    await Promise.all(Array.from({ length: size }, (_, n) => work(first + n)));
  }
}
