// A database whose failure can be switched on and off: MongoDB behind a network that drops everything, or an SQLite file that another process has locked.
import { DatabaseSync } from 'node:sqlite';
import { startFaultyConnection } from '../../test/support/faulty-connection.ts';

export type BreakableDatabase = {
  /** The URL for the nodes, which see the failure. */
  url: string;
  /** The URL for checks, which do not see the failure. */
  directUrl: string;
  takeAway(): void;
  giveBack(): void;
  close(): Promise<void>;
};

/** Makes the database of a URL breakable. */
export async function makeBreakable(directUrl: string): Promise<BreakableDatabase> {
  if (directUrl.startsWith('sqlite:')) {
    let somebody: DatabaseSync | undefined;
    return {
      url: directUrl,
      directUrl,
      takeAway() {
        somebody = new DatabaseSync(directUrl.slice('sqlite:'.length), { timeout: 5_000 });
        somebody.exec('BEGIN IMMEDIATE');
      },
      giveBack: () => somebody?.close(),
      close: async () => undefined,
    };
  }
  const target = new URL(directUrl);
  const connection = await startFaultyConnection(Number(target.port));
  target.port = `${connection.port}`;
  return { url: target.href, directUrl, takeAway: connection.blackHole, giveBack: connection.heal, close: connection.close };
}
