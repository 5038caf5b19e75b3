// Keeps the last refused requests of each client app. The requests do not wait for it.
import type { EpochMilliseconds } from '../../domain/account.ts';
import { keepRefusals, refusalsEnd, type ClientRefusal } from '../../domain/client-refusal.ts';
import type { Records } from '../../storage/records.ts';

/** The pause between two writes, so that a flood of refused requests causes few writes. */
const PAUSE_MS = 1000;

export type RefusalBook = {
  /** Notes a refusal, which is written in the background within about a second. @param clientId of a registered client */
  note(clientId: string, refusal: ClientRefusal): void;
  /** Writes the noted refusals. Call it before the database is closed. Never throws. */
  flush(): Promise<void>;
};

/** Makes the book. The number of registered clients bounds its memory and its writes. */
export function createRefusalBook(
  { clientRefusals }: Pick<Records, 'clientRefusals'>,
  clock: () => EpochMilliseconds,
  pauseMs = PAUSE_MS,
): RefusalBook {
  let noted = new Map<string, ClientRefusal[]>();
  let writing = Promise.resolve();
  let pause: NodeJS.Timeout | undefined;

  async function writeAll(): Promise<void> {
    const written = noted;
    noted = new Map();
    for (const [clientId, added] of written) {
      const now = clock();
      const change = clientRefusals.change(clientId, (standing) => ({
        refusals: keepRefusals(standing?.refusals ?? [], added, now),
        expires_at: refusalsEnd(now),
      }));
      // A refusal that could not be written is still in the log.
      await change.catch(() => undefined);
    }
  }

  const flush = async (): Promise<void> => (writing = writing.then(writeAll));

  function writeSoon(): void {
    if (pause !== undefined || noted.size === 0) return;
    pause = setTimeout(() => {
      pause = undefined;
      writeSoon();
    }, pauseMs);
    pause.unref();
    void flush();
  }

  return {
    note(clientId, refusal) {
      noted.set(clientId, keepRefusals(noted.get(clientId) ?? [], [refusal], refusal.at));
      writeSoon();
    },
    flush,
  };
}
