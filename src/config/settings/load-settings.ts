// The settings of how much the program takes on.
import * as kind from './setting.ts';
import type { Setting } from './setting.ts';

export const LOAD_SETTINGS = {
  WEB_CONCURRENCY: {
    ...kind.integer(1, 64, 'the number of processes that serve the common ID'),
    section: 'places',
    about:
      'How many processes serve the common ID on this machine: as many as it has cores. They share the port and the database. Only for npm start -- id.',
    config: 'workers',
    default: '1',
    productionDefault: '1',
  },
  LONGEST_WAIT_MS: {
    ...kind.integer(100, 60_000, 'how many milliseconds a request waits at most'),
    section: 'behaviour',
    about:
      'How long a request waits at most for its turn at a busy process. Requests that would wait longer are refused at once, with 503 and Retry-After. A password waits for its hash for up to 1.75 times as long. 1000 in production, 10000 in development, where other programs stop this one.',
    config: 'longestWaitMs',
    default: '10000',
    productionDefault: '1000',
  },
} as const satisfies Record<string, Setting<unknown>>;
