// Interprets the errors of the driver.
import mongoose from 'mongoose';
import { StorageUnavailable } from '../storage.ts';

const { BSON, MongoBulkWriteError, MongoError, MongoInvalidArgumentError, MongoServerError, MongoWriteConcernError } =
  mongoose.mongo;

export const DUPLICATE_KEY = 11_000;
/**
 * Codes with which servers refuse an invalid command before they store anything: bad value, unparsable, wrong type, no such command or option,
 * invalid or too large document, failed validation, no shard key, duplicate key
 * (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml). Retrying such a command does not help.
 * After any other error, or one without a code, it is unknown whether the write was stored.
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

/** The server refuses our credentials or lacks permission: unauthorized, wrong password, signed out; 8000 is from Atlas. */
const REFUSED = new Set([13, 18, 391, 8_000]);

/** Whether a document with this `_id` exists. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** Whether the server refuses our credentials or the command's permission. */
export function isRefusal(error: unknown): boolean {
  return error instanceof MongoServerError && REFUSED.has(Number(error.code));
}

/** Returns the message without the parts of our command that a server repeats, because they may contain personal data. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ to execute command .*/s, '').replace(/\.$/, '');
}

/** Converts errors that may be temporary to the port's `StorageUnavailable`, and returns others unchanged. */
export function asPortError(error: unknown): unknown {
  // Refused credentials count as temporary too: an administrator will fix them.
  if (!isOfDriver(error) || isOurMistake(error)) return error;
  return new StorageUnavailable(`the database cannot be read or written now: ${messageOf(error)}`, { cause: error });
}

/** Whether the driver threw it; BSON errors mean that a server's response could not be read. */
function isOfDriver(error: unknown): error is Error {
  return error instanceof MongoError || error instanceof mongoose.Error || error instanceof BSON.BSONError;
}

/** Whether the command was invalid, so that nothing was stored. */
function isOurMistake(error: Error): boolean {
  if (isOnTooFewDisks(error)) return false;
  if (error instanceof MongoServerError) return FAULTY_COMMAND.has(Number(error.code));
  const { CastError, ValidationError, StrictModeError } = mongoose.Error;
  const mistakes = [MongoInvalidArgumentError, CastError, ValidationError, StrictModeError];
  return mistakes.some((mistake) => error instanceof mistake);
}

/** Whether the write was stored on fewer disks than requested. Its code may equal that of an invalid command. */
function isOnTooFewDisks(error: Error): boolean {
  // `insertMany` and `bulkWrite` throw another class, which has this in its result.
  if (error instanceof MongoBulkWriteError) return error.result.getWriteConcernError() !== undefined;
  return error instanceof MongoWriteConcernError;
}
