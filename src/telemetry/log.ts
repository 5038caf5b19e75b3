// The log: one line of JSON for each event, without personal data and secrets.
import { pino } from 'pino';
import { requestContext } from '../request-context.ts';
import { batchedOutput } from './batched-output.ts';
import { parseTraceparent } from './trace-context.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** The part of a logger that the program uses. Events have a catalogue instead, events.ts, and are emitted with `Emit`. */
export type Log = Record<Level, (fields: { event?: never; [name: string]: unknown }, message: string) => void>;

/** The log of an app, which also writes events. */
export type AppLog = Log & {
  /** Writes the line of an event. Its fields are those of the catalogue and have no secrets, so the line is made without pino, which takes six times as long. */
  event(level: Level, fields: { event: string; [name: string]: unknown }): void;
  /** Writes the lines of events that wait, at most a twentieth of a second; those of warnings and errors do not wait. */
  flush(): void;
};

/**
 * Fields whose values never reach the log, at the top level or one level down. This is a second line of defence: call sites
 * must not pass them in the first place.
 */
export const REDACTED: readonly string[] = [
  'password',
  'password_hash',
  'code',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'client_secret',
  'client_assertion',
  'legacy_profile',
  'cookie',
  'authorization',
  'email',
  'email_canonical',
  'name',
  'profile',
  // Those of src/domain/profile-fields.ts; test/profile compares.
  'family_name',
  'given_name',
  'family_name_kana',
  'given_name_kana',
  'phone_number',
  'birthdate',
  'gender',
  'address',
];

/**
 * Creates the log of one app.
 * @param app the name of the app, added to every line
 * @param level pino's level; `silent` writes nothing
 * @param stream receives the lines; defaults to standard output
 */
export function createLog(app: string, level: string, stream?: { write(line: string): void }): AppLog {
  const options = { level, base: { app }, mixin: nameRequest, timestamp: pino.stdTimeFunctions.isoTime };
  const redact = { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' };
  const log = stream ? pino({ ...options, redact }, stream) : pino({ ...options, redact });
  const appOfLine = JSON.stringify({ app }).slice(1, -1);
  const flush = (): void => {
    if (!stream) batchedOutput().flush();
  };
  // The lines of events before come first.
  const writeAt =
    (severity: Level): Log[Level] =>
    (fields, message) => {
      if (!log.isLevelEnabled(severity)) return;
      flush();
      log[severity](fields, message);
    };
  return {
    debug: writeAt('debug'),
    info: writeAt('info'),
    warn: writeAt('warn'),
    error: writeAt('error'),
    event(severity, fields) {
      if (!log.isLevelEnabled(severity)) return;
      const request = JSON.stringify(nameRequest()).slice(1, -1);
      const of = request === '' ? appOfLine : `${appOfLine},${request}`;
      const line = `{"level":${pino.levels.values[severity]},"time":"${isoTimeNow()}",${of},${JSON.stringify(fields).slice(1, -1)},"msg":"${fields.event}"}\n`;
      (stream ?? batchedOutput()).write(line);
      if (severity === 'warn' || severity === 'error') flush();
    },
    flush,
  };
}

let last = { at: 0, text: '' };

/** Returns the time for a line. Many lines are written in the same millisecond. */
function isoTimeNow(): string {
  const at = Date.now();
  if (at !== last.at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}

/** Returns what each line says of its request. */
function nameRequest(): Record<string, string> {
  const request = requestContext();
  if (!request) return {};
  const { requestId, traceparent } = request;
  const trace = parseTraceparent(traceparent);
  return { request_id: requestId, ...(trace && { trace_id: trace.traceId, parent_span_id: trace.spanId }) };
}
