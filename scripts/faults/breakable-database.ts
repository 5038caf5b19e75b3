// A database that can be taken away and given back: MongoDB behind a network that swallows everything, SQLite's file locked by somebody else.
import { DatabaseSync } from 'node:sqlite';
import { startFaultyConnection } from '../../test/support/faulty-connection.ts';

export type BreakableDatabase = {
  /** For the nodes, which are to feel it. */
  url: string;
  /** For whoever looks from beside. */
  directUrl: string;
  takeAway(): void;
  giveBack(): void;
  close(): Promise<void>;
};

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
