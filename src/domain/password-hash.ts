// Password hashing with bcrypt, in a lane of its own: bounded, so that a flood of logins cannot take the machine from everybody else.
import bcrypt from 'bcrypt';

/** The lane is full: nothing was hashed. Answer 503 with `Retry-After`. */
export class HashingLaneFull extends Error {
  override name = 'HashingLaneFull';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('too many passwords are being hashed');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

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
  hash(password: string): Promise<string>;
  /**
   * Whether this is the password of the hash. A hash that is malformed, or a password too long to have one, is `false` – after as much
   * work as an honest comparison.
   * @throws {HashingLaneFull}
   */
  verify(password: string, hash: string): Promise<boolean>;
  /**
   * Does the work of `verify` for an account that does not exist, so that the time does not tell.
   * @throws {HashingLaneFull}
   */
  verifyAgainstNothing(password: string): Promise<false>;
  /** Whether a hash is of another algorithm or cost than those in use; to be asked after a login that succeeded. */
  needsRehash(hash: string): boolean;
};

// bcrypt ignores whatever stands behind; two passwords that differ there only would be one.
const MAX_BYTES = 72;
const HASH = /^\$2([aby])\$(\d\d)\$[./A-Za-z0-9]{53}$/;
// A damaged or planted hash of cost 31 would hold its place in the lane for days.
const HIGHEST_COST = 16;
// The whole queue is worked off in about this time; a client that waits for it finds room.
const RETRY_AFTER_SECONDS = 2;

/**
 * @param options.cost bcrypt's logarithmic cost; 10 takes about 60 ms of one core.
 * @param options.concurrency how many are hashed at once. Hashing shares libuv's pool (four threads as shipped) with signing, DNS and file
 * reading; leave it some.
 * @param options.queueLimit how many may wait behind them before `HashingLaneFull` is thrown.
 */
export function createPasswordHasher(options: { cost: number; concurrency: number; queueLimit: number }): PasswordHasher {
  const inLane = createLane(options.concurrency, options.queueLimit);
  // Well-formed, of the same cost, and of no password that anybody will find.
  const hashOfNothing = `${bcrypt.genSaltSync(options.cost)}${'.'.repeat(31)}`;

  async function verifyAgainstNothing(password: string): Promise<false> {
    await inLane(() => bcrypt.compare(fits(password) ? password : '', hashOfNothing));
    return false;
  }

  return {
    async hash(password) {
      if (!fits(password)) throw new PasswordTooLong();
      return await inLane(() => bcrypt.hash(password, options.cost));
    },
    async verify(password, hash) {
      if (!fits(password) || !isUsable(hash)) return await verifyAgainstNothing(password);
      return await inLane(() => bcrypt.compare(password, hash));
    },
    verifyAgainstNothing,
    needsRehash(hash) {
      const parts = HASH.exec(hash);
      return parts?.[1] !== 'b' || Number(parts[2]) !== options.cost;
    },
  };
}

function fits(password: string): boolean {
  return Buffer.byteLength(password) <= MAX_BYTES;
}

function isUsable(hash: string): boolean {
  const cost = Number(HASH.exec(hash)?.[2]);
  return cost >= 4 && cost <= HIGHEST_COST;
}

/** At most `concurrency` at once, at most `queueLimit` waiting, first come first served. */
function createLane(concurrency: number, queueLimit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < concurrency) running += 1;
    else if (waiting.length >= queueLimit) throw new HashingLaneFull(RETRY_AFTER_SECONDS);
    // Woken by whoever leaves, who hands the place over without freeing it: nobody slips in between.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
