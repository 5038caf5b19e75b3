// Reads what the errors of the driver mean.
import mongoose from 'mongoose';
import { StorageUnavailable } from '../storage.ts';

const { MongoError, MongoServerError } = mongoose.mongo;

const DUPLICATE_KEY = 11_000;
/**
 * Codes of servers that mean "not now": no primary, shutting down, interrupted, out of time, not replicated, out of disk
 * (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml).
 */
const UNAVAILABLE = new Set([6, 7, 50, 64, 89, 91, 133, 189, 202, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436, 14_031]);

/** Something of this `_id` stands. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** The error as the port names it, where it means "not now"; else the error itself. */
export function asPortError(error: unknown): unknown {
  if (error instanceof MongoServerError && !UNAVAILABLE.has(Number(error.code))) return error;
  // What is no answer of a server is the want of one: no connection, no primary, out of time, closed.
  if (error instanceof MongoError || (error instanceof mongoose.Error && !isOurMistake(error))) {
    return new StorageUnavailable(`the database cannot be read or written now: ${error.message}`, { cause: error });
  }
  return error;
}

/** Mongoose refuses what a schema does not know: nothing that time heals. */
function isOurMistake(error: Error): boolean {
  const { CastError, ValidationError, StrictModeError } = mongoose.Error;
  return error instanceof CastError || error instanceof ValidationError || error instanceof StrictModeError;
}
