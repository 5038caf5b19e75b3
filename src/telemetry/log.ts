// The log: one line of JSON for each event, without personal data and secrets.
import { pino } from 'pino';
import { requestContext } from '../request-context.ts';
import { parseTraceparent } from './trace-context.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** The part of a logger that the program uses. Events have a catalogue instead, events.ts, and are emitted with `Emit`. */
export type Log = Record<Level, (fields: { event?: never; [name: string]: unknown }, message: string) => void>;

/** A logger of the whole program, which also writes events. */
export type EventLog = Record<Level, (fields: object, message: string) => void>;

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
export function createLog(app: string, level: string, stream?: { write(line: string): void }): EventLog {
  const options = {
    level,
    base: { app },
    mixin: nameRequest,
    redact: {
      paths: REDACTED.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return stream ? pino(options, stream) : pino(options);
}

/** Returns what each line says of its request. */
function nameRequest(): Record<string, string> {
  const request = requestContext();
  if (!request) return {};
  const { requestId, traceparent } = request;
  const trace = parseTraceparent(traceparent);
  return { request_id: requestId, ...(trace && { trace_id: trace.traceId, parent_span_id: trace.spanId }) };
}
