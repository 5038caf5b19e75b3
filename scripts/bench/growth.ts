// How the storage behaves as it grows: login lookup, code redemption and sweep at 10 thousand, 100 thousand and 1 million accounts.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { measure, type Measured } from './measure.ts';

const ARTIFACTS_PER_ACCOUNT = 5;
const AT_ONCE = 2_000;
const ASKED = 3_000;

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
  const path = join(folder, 'common-id.db');
  let now = Date.now();
  const storage = await openStorage(`sqlite:${path}`, () => now);
  const grown: Growth[] = [];
  try {
    let standing = 0;
    for (const size of sizes) {
      await fill(storage, standing, size, now);
      standing = size;
      const pick = (): number => Math.floor(Math.random() * size);
      const one = { atOnce: 1 };
      const lookup = await measure(() => storage.accounts.findByEmail(`a${pick()}@example.jp`), { count: ASKED, ...one });
      await many(ASKED + ASKED / 10, (n) =>
        storage.artifacts.save('AuthorizationCode', `${size}-${n}`, { accountId: `a${n}` }, now + 60_000),
      );
      const redemption = await measure((n) => storage.artifacts.consume('AuthorizationCode', `${size}-${n}`), {
        count: ASKED,
        ...one,
      });
      await many(22_000, (n) => storage.artifacts.save('Interaction', `${size}-${n}`, { uid: `${n}` }, now + 1_000));
      now += 120_000;
      const sweep = await measure(() => storage.sweep(200), { count: 100, ...one });
      const fileMiB = (await stat(path)).size / 2 ** 20;
      grown.push({ accounts: size, artifacts: size * ARTIFACTS_PER_ACCOUNT, fileMiB, lookup, redemption, sweep });
      const of = ({ p50, p99 }: Measured): string => `p50 ${p50.toFixed(3)} p99 ${p99.toFixed(3)} ms`;
      tell(
        `${String(size).padStart(9)} accounts  lookup ${of(lookup)}  redemption ${of(redemption)}  sweep of 200 ${of(sweep)}  file ${fileMiB.toFixed(0)} MiB`,
      );
    }
    return grown;
  } finally {
    await storage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(storage: Storage, from: number, to: number, now: number): Promise<void> {
  const year = 365 * 24 * 60 * 60 * 1000;
  await many(to - from, async (n) => {
    const id = `a${from + n}`;
    const artifacts = Array.from({ length: ARTIFACTS_PER_ACCOUNT }, (_, m) =>
      storage.artifacts.save(m === 0 ? 'Grant' : 'RefreshToken', `${id}-${m}`, { accountId: id, grantId: `${id}-0` }, now + year),
    );
    await Promise.all([storage.accounts.create(sampleAccount(id), eventAbout(id)), ...artifacts]);
  });
}

async function many(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE / 10) {
    const size = Math.min(AT_ONCE / 10, count - first);
    await Promise.all(Array.from({ length: size }, (_, n) => work(first + n)));
  }
}
