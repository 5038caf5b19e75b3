// The log: one JSON line an event, with everything personal or secret taken out.
import { pino } from 'pino';

/** What the program needs of a logger. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/**
 * Names of fields whose value never reaches the log, at the top or one level down. A second line of defence: no call site passes
 * them; this holds when one does by mistake.
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
 * Makes the log of one app.
 * @param app the name of the app, on every line
 * @param level pino's level; `silent` writes nothing
 * @param stream where lines go; standard output if left out
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
