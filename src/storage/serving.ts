// What a process that serves wants to be told of its database.
import type { Log } from '../telemetry/log.ts';

export type Serving = {
  log: Pick<Log, 'info' | 'warn'>;
  /** Behind the start the database was found to be damaged: what it answers cannot be trusted. The error says what to do. */
  onDamage(error: Error): void;
};
