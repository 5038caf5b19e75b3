// A fault breaks something on one database and checks what must still hold. The figures are the ones in docs/faults.md.
import type { NodeWorld } from '../../test/support/node-world.ts';
import type { BreakableDatabase } from './breakable-database.ts';

export type Nodes = NodeWorld & { database: BreakableDatabase };

export type Backend = {
  name: 'SQLite' | 'MongoDB';
  /** Returns the URL of an empty database. */
  makeDatabase(): Promise<string>;
  /** Starts at least `count` nodes on an empty database. The caller stops them. */
  startNodes(count: number): Promise<Nodes>;
};

export type Fault = {
  /** As in docs/faults.md. */
  id: string;
  title: string;
  /** The databases on which it is possible. */
  backends: readonly Backend['name'][];
  /**
   * @param short takes a few seconds, for `npm test`; otherwise the full figures
   * @returns one line with the results
   * @throws {Error} if a promise did not hold
   */
  run(backend: Backend, short: boolean): Promise<string>;
};
