// What a fault is: something that breaks, on one database, and what must hold nevertheless. The figures are those that the docs promise.
import type { NodeWorld } from '../../test/support/node-world.ts';
import type { BreakableDatabase } from './breakable-database.ts';

export type Nodes = NodeWorld & { database: BreakableDatabase };

export type Backend = {
  name: 'SQLite' | 'MongoDB';
  /** Answers the URL of an empty database that is ready for use. */
  makeDatabase(): Promise<string>;
  /** Nodes on an empty database, of which at least so many; whoever stops them is done with them. */
  startNodes(count: number): Promise<Nodes>;
};

export type Fault = {
  /** As in docs/faults.md. */
  id: string;
  title: string;
  /** Those that it can be done to. */
  backends: readonly Backend['name'][];
  /**
   * @param short a few seconds, for every run of the tests; otherwise the full figures
   * @returns what was done and seen, in one line
   * @throws where something did not hold
   */
  run(backend: Backend, short: boolean): Promise<string>;
};
