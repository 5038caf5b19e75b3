// Keeps the failed sign-ins of each account for its owner. They are written in the background: an answer that waited for the write
// would reveal that the ID exists.
import type { EpochMilliseconds } from '../domain/account.ts';
import { withFailures, type FailedSignIn } from '../domain/sign-in-history.ts';
import { isBeingErased } from '../domain/withdrawal.ts';
import type { Records } from '../storage/records.ts';

/** Failures of this time are written together, so that a flood of them causes few writes. */
const PAUSE_MS = 1000;

export type FailedSignIns = {
  /** Notes a failure, which is written about a second later. The answer to the form must not depend on it. */
  note(accountId: string, failure: FailedSignIn): void;
  /** Writes the noted failures. Call it before the database is closed. Never throws. */
  flush(): Promise<void>;
};

/** Makes the notes of this process. `withFailures` bounds each record. */
export function createFailedSignIns(
  { accounts, signInHistories }: Pick<Records, 'accounts' | 'signInHistories'>,
  clock: () => EpochMilliseconds,
  pauseMs = PAUSE_MS,
): FailedSignIns {
  let noted = new Map<string, FailedSignIn[]>();
  let writing = Promise.resolve();
  let pause: NodeJS.Timeout | undefined;

  async function write(accountId: string, added: readonly FailedSignIn[]): Promise<void> {
    await signInHistories.change(accountId, (standing) => withFailures(standing, added, clock()));
    const account = await accounts.find(accountId);
    if (!account || isBeingErased(account)) await signInHistories.remove(accountId);
  }

  async function writeAll(): Promise<void> {
    const written = noted;
    noted = new Map();
    // The counters of the limits still have a failure that could not be written.
    for (const [accountId, added] of written) await write(accountId, added).catch(() => undefined);
  }

  async function flush(): Promise<void> {
    clearTimeout(pause);
    pause = undefined;
    writing = writing.then(writeAll);
    return writing;
  }

  return {
    note(accountId, failure) {
      noted.set(accountId, [...(noted.get(accountId) ?? []), failure]);
      pause ??= setTimeout(() => void flush(), pauseMs).unref();
    },
    flush,
  };
}
