// Password hashing with bcrypt, in a lane of its own, so that a flood of logins cannot take the machine from everybody else.
import bcrypt from 'bcrypt';
import { createHashingLane, type HashAsker, type LaneOptions } from './hashing-lane.ts';

export { HashingLaneFull, type HashAsker } from './hashing-lane.ts';

/** The password has more bytes than bcrypt reads. */
export class PasswordTooLong extends Error {
  override name = 'PasswordTooLong';
  constructor() {
    super(`a password of more than ${MAX_BYTES} bytes cannot be hashed`);
  }
}

export type PasswordHasher = {
  /**
   * @throws {PasswordTooLong} more than 72 bytes in UTF-8.
   * @throws {HashingLaneFull}
   */
  hash(password: string, asker?: HashAsker): Promise<string>;
  /**
   * Whether this is the password of the hash. A hash that is malformed, or a password too long to have one, is `false`. Every `false` costs
   * the same work as `verifyAgainstNothing`, whatever the cost of the hash: the rest is made up.
   * @throws {HashingLaneFull}
   */
  verify(password: string, hash: string, asker?: HashAsker): Promise<boolean>;
  /**
   * Does the work of `verify` for an account that does not exist, so that the time does not tell.
   * @throws {HashingLaneFull}
   */
  verifyAgainstNothing(password: string, asker?: HashAsker): Promise<false>;
  /** Whether a hash is of another algorithm or cost than those in use; to be asked after a login that succeeded. */
  needsRehash(hash: string): boolean;
};

export type HasherOptions = Omit<LaneOptions, 'clock' | 'perMinute'> & {
  /** bcrypt's logarithmic cost; 10 takes about 60 ms of one core. */
  cost: number;
  /** The highest cost that a stored hash is known to have; see `onCostlier`. */
  highestCost?: number;
  /** A stored hash has a higher cost than any before. From here on every failure costs as much. */
  onCostlier?: (cost: number) => void;
  perMinute?: LaneOptions['perMinute'];
  clock?: LaneOptions['clock'];
  /** What does the work; bcrypt. */
  algorithm?: Pick<typeof bcrypt, 'compare' | 'hash'>;
};

// bcrypt ignores whatever stands behind; two passwords that differ there only would be one.
const MAX_BYTES = 72;
const HASH = /^\$2([aby])\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** bcrypt knows none below. */
const LOWEST_COST = 4;
/** A damaged or planted hash of cost 31 would occupy the lane for days. */
export const HIGHEST_COST = 16;
const NO_BUDGETS = { address: Infinity, account: Infinity, draft: Infinity };

export function createPasswordHasher(options: HasherOptions): PasswordHasher {
  const { cost, onCostlier, algorithm = bcrypt } = options;
  const inLane = createHashingLane({ perMinute: NO_BUDGETS, clock: Date.now, ...options });
  /** What a failure costs. Hashing shares libuv's pool with signing, DNS and file reading; the lane leaves it some. */
  let highestCost = Math.max(cost, options.highestCost ?? cost);

  /** The work of one comparison of this cost, for no account's hash. */
  async function work(password: string, ofCost: number): Promise<void> {
    // A well-formed hash of a password that nobody knows.
    await algorithm.compare(password, `$2b$${String(ofCost).padStart(2, '0')}$${'.'.repeat(53)}`);
  }

  async function verifyAgainstNothing(password: string, asker?: HashAsker): Promise<false> {
    await inLane(asker, async () => work(fits(password) ? password : '', highestCost));
    return false;
  }

  return {
    async hash(password, asker) {
      if (!fits(password)) throw new PasswordTooLong();
      return await inLane(asker, async () => algorithm.hash(password, cost));
    },
    async verify(password, hash, asker) {
      const ownCost = costOf(hash);
      if (!fits(password) || ownCost === undefined) return await verifyAgainstNothing(password, asker);
      if (ownCost > highestCost) {
        highestCost = ownCost;
        onCostlier?.(ownCost);
      }
      return await inLane(asker, async () => {
        if (await algorithm.compare(password, hash)) return true;
        // A cost is a power of two: 2^own + 2^own + 2^(own + 1) + … + 2^(highest - 1) = 2^highest.
        for (let rest = ownCost; rest < highestCost; rest += 1) await work(password, rest);
        return false;
      });
    },
    verifyAgainstNothing,
    needsRehash(hash) {
      const parts = HASH.exec(hash);
      return parts?.[1] !== 'b' || Number(parts[2]) !== cost;
    },
  };
}

function fits(password: string): boolean {
  return Buffer.byteLength(password) <= MAX_BYTES;
}

/** The cost of a hash that can be compared; `undefined` for a malformed one. */
function costOf(hash: string): number | undefined {
  const cost = Number(HASH.exec(hash)?.[2]);
  return cost >= LOWEST_COST && cost <= HIGHEST_COST ? cost : undefined;
}
