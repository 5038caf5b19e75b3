// Reads what the errors of the driver mean.
import mongoose from 'mongoose';
import { StorageUnavailable } from '../storage.ts';

const { BSON, MongoBulkWriteError, MongoError, MongoInvalidArgumentError, MongoServerError, MongoWriteConcernError } =
  mongoose.mongo;

export const DUPLICATE_KEY = 11_000;
/**
 * Codes of servers that refuse a command for what it says, before anything is stored: bad value, unparsable, wrong type, no such command or option,
 * invalid or too large document, failed validation, no shard key, duplicate key
 * (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml). The same command fails tomorrow, too.
 * After any other error, and one without a code, nobody knows whether the write was stored.
 */
const FAULTY_COMMAND = new Set([
  2,
  9,
  14,
  20,
  22,
  26,
  27,
  28,
  40,
  48,
  52,
  53,
  54,
  55,
  56,
  57,
  59,
  61,
  66,
  67,
  72,
  73,
  85,
  86,
  115,
  121,
  167,
  168,
  197,
  238,
  10_334,
  DUPLICATE_KEY,
  17_280,
  17_419,
  17_420,
  40_415,
]);

/** It does not know us, or does not let us: unauthorized, wrong password, signed out; 8000 is Atlas'. */
const REFUSED = new Set([13, 18, 391, 8_000]);

/** Something of this `_id` stands. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** The server does not let us in, or not do what we ask. */
export function isRefusal(error: unknown): boolean {
  return error instanceof MongoServerError && REFUSED.has(Number(error.code));
}

/** What is said of it, without what a server repeats of our command, which may hold a person's data. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ to execute command .*/s, '').replace(/\.$/, '');
}

/** The error as the port names it, where time may heal it; else the error itself. */
export function asPortError(error: unknown): unknown {
  // A changed password is mended by the administrator, not by the person who asked for a page: it is one of those that time heals.
  if (!isOfDriver(error) || isOurMistake(error)) return error;
  return new StorageUnavailable(`the database cannot be read or written now: ${messageOf(error)}`, { cause: error });
}

/** BSON's: the answer of a server could not be read. */
function isOfDriver(error: unknown): error is Error {
  return error instanceof MongoError || error instanceof mongoose.Error || error instanceof BSON.BSONError;
}

/** The command was wrong, and nothing of it is stored. */
function isOurMistake(error: Error): boolean {
  if (isOnTooFewDisks(error)) return false;
  if (error instanceof MongoServerError) return FAULTY_COMMAND.has(Number(error.code));
  const { CastError, ValidationError, StrictModeError } = mongoose.Error;
  const mistakes = [MongoInvalidArgumentError, CastError, ValidationError, StrictModeError];
  return mistakes.some((mistake) => error instanceof mistake);
}

/** The write was made, but not on as many disks as it was asked for. Its code may be one of those of a faulty command. */
function isOnTooFewDisks(error: Error): boolean {
  // `insertMany` and `bulkWrite` throw another class, and keep this in their result.
  if (error instanceof MongoBulkWriteError) return error.result.getWriteConcernError() !== undefined;
  return error instanceof MongoWriteConcernError;
}
