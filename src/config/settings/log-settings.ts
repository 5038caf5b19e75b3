// The settings of the log.
import * as kind from './setting.ts';
import type { Setting } from './setting.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export const LOG_SETTINGS = {
  LOG_LEVEL: {
    section: 'behaviour',
    about: 'fatal, error, warn, info, debug, trace or silent.',
    config: 'logLevel',
    default: 'info',
    productionDefault: 'info',
    neededBy: [],
    expected: () => `one of ${LOG_LEVELS.join(', ')}`,
    parse: (value: string) => (LOG_LEVELS.includes(value) ? value : undefined),
  },
  ACCESS_LOG: {
    ...kind.boolean('false', []),
    productionDefault: 'true',
    section: 'behaviour',
    about: 'A line in the log for each request at the common ID: method, route, status, time and client app.',
    config: 'accessLog',
  },
} as const satisfies Record<string, Setting<unknown>>;
