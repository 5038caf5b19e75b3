// The log: one line of JSON for each event, without personal data and secrets.
import { pino } from 'pino';

/** The part of a logger that the program uses. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/**
 * Fields whose values never reach the log, at the top level or one level down. This is a second line of defence: call sites
 * must not pass them in the first place.
 */
const REDACTED = [
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
export function createLog(app: string, level: string, stream?: { write(line: string): void }): Log {
  const options = {
    level,
    base: { app },
    redact: {
      paths: REDACTED.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return stream ? pino(options, stream) : pino(options);
}
