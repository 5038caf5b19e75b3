// Hashes passwords with bcrypt. A separate lane limits the work, so that a flood of logins cannot starve other requests.
import type bcrypt from 'bcrypt';
import { PASSWORD_MAX_BYTES, preparePassword } from '../../domain/password-policy.ts';
import { createHashingLane, type HashAsker, type LaneOptions } from './hashing-lane.ts';
import { bcryptOnThreads } from './hashing-threads.ts';

export { HashingLaneFull, type HashAsker } from './hashing-lane.ts';

/** The password has more bytes than bcrypt uses. */
export class PasswordTooLong extends Error {
  override name = 'PasswordTooLong';
  constructor() {
    super(`a password of more than ${PASSWORD_MAX_BYTES} bytes cannot be hashed`);
  }
}

export type PasswordHasher = {
  /**
   * Hashes a password in the form of `preparePassword`, as every method does.
   * @throws {PasswordTooLong} if it has more than 72 bytes in UTF-8
   * @throws {HashingLaneFull} if the lane refuses the work
   */
  hash(password: string, asker?: HashAsker): Promise<string>;
  /**
   * Whether the hash is of this password; `false` for a malformed hash or a password of more than 72 bytes. Every `false` takes
   * the same work as `verifyAgainstNothing`: for a hash of a lower cost, extra work is added.
   * @throws {HashingLaneFull} if the lane refuses the work
   */
  verify(password: string, hash: string, asker?: HashAsker): Promise<boolean>;
  /**
   * Does the work of `verify` for an account that does not exist, so that the response time does not reveal it.
   * @throws {HashingLaneFull} if the lane refuses the work
   */
  verifyAgainstNothing(password: string, asker?: HashAsker): Promise<false>;
  /** Whether a hash has another algorithm or cost than the current ones. Check it after a successful login. */
  needsRehash(hash: string): boolean;
};

export type HasherOptions = Omit<LaneOptions, 'clock' | 'perMinute'> & {
  /** bcrypt's logarithmic cost; 10 takes about 60 ms of one core. */
  cost: number;
  /** The highest known cost of a stored hash; see `onCostlier`. */
  highestCost?: number;
  /** Called when a stored hash has a higher cost than all known ones. From then on every failure takes as much work. */
  onCostlier?: (cost: number) => void;
  perMinute?: LaneOptions['perMinute'];
  clock?: LaneOptions['clock'];
  /** The implementation; bcrypt on threads of low priority if left out. */
  algorithm?: Pick<typeof bcrypt, 'compare' | 'hash'>;
};

const HASH = /^\$2([aby])\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** The lowest cost that bcrypt supports. */
const LOWEST_COST = 4;
/** The highest accepted cost. A corrupt or planted hash of cost 31 would block the lane for days. */
export const HIGHEST_COST = 16;
const NO_BUDGETS = { address: Infinity, account: Infinity, draft: Infinity };

/** Makes a hasher with its own lane. */
export function createPasswordHasher(options: HasherOptions): PasswordHasher {
  const { cost, onCostlier, algorithm = bcryptOnThreads } = options;
  const inLane = createHashingLane({ perMinute: NO_BUDGETS, clock: Date.now, ...options });
  /** The cost of a failed login. */
  let highestCost = Math.max(cost, options.highestCost ?? cost);

  /** Does the work of one comparison at this cost. */
  async function work(password: string, ofCost: number): Promise<void> {
    // A well-formed hash that matches no known password.
    await algorithm.compare(password, `$2b$${String(ofCost).padStart(2, '0')}$${'.'.repeat(53)}`);
  }

  async function verifyAgainstNothing(typed: string, asker?: HashAsker): Promise<false> {
    const password = preparePassword(typed);
    await inLane(asker, async () => work(password, highestCost));
    return false;
  }

  return {
    async hash(typed, asker) {
      const password = preparePassword(typed);
      if (!fits(password)) throw new PasswordTooLong();
      return await inLane(asker, async () => algorithm.hash(password, cost));
    },
    async verify(typed, hash, asker) {
      const password = preparePassword(typed);
      const ownCost = costOf(hash);
      if (!fits(password) || ownCost === undefined) return await verifyAgainstNothing(password, asker);
      if (ownCost > highestCost) {
        highestCost = ownCost;
        onCostlier?.(ownCost);
      }
      return await inLane(asker, async () => {
        if (await algorithm.compare(password, hash)) return true;
        // The cost is an exponent of two, so this adds up: 2^own + 2^own + 2^(own + 1) + … + 2^(highest - 1) = 2^highest.
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
  return Buffer.byteLength(password) <= PASSWORD_MAX_BYTES;
}

/** Returns the cost of a hash; `undefined` if it is malformed or its cost is out of range. */
function costOf(hash: string): number | undefined {
  const cost = Number(HASH.exec(hash)?.[2]);
  return cost >= LOWEST_COST && cost <= HIGHEST_COST ? cost : undefined;
}
