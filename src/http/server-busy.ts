// Requests that a busy process refuses. The queue in front of the application marks them; the application answers them with 503.
import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const refused = new WeakSet<IncomingMessage>();

/** Random, so that the refused ones do not all come back in the same second. */
const RETRY_AFTER_SECONDS = { least: 2, most: 5 };

/** The process has more requests than it can answer in time. */
export class ServerBusy extends Error {
  override name = 'ServerBusy';
  readonly code = 'busy';
  readonly status = 503;
  /** Counted in the metrics and not logged. */
  readonly isCounted = true;
  readonly retryAfterSeconds = retryAfterSeconds();
  constructor() {
    super('the process has more requests than it can answer in time');
  }
}

/** Returns for how many seconds a refused client is asked to wait. */
export function retryAfterSeconds(): number {
  const { least, most } = RETRY_AFTER_SECONDS;
  return least + randomInt(most - least + 1);
}

/** Marks a request as refused. The application gets it for the answer alone. */
export function markRefused(request: IncomingMessage): void {
  refused.add(request);
}

/** Whether the request was marked. */
export const isRefused = (request: IncomingMessage): boolean => refused.has(request);
