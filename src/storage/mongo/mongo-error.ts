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

/** The error as the port names it, where it means "not now"; else the error itself. */
export function asPortError(error: unknown): unknown {
  // A password that was changed while we run is mended by the administrator, not by whoever asked for a page.
  if (error instanceof MongoServerError && !UNAVAILABLE.has(Number(error.code)) && !isRefusal(error)) return error;
  // What is no answer of a server is the want of one: no connection, no primary, out of time, closed.
  if (error instanceof MongoError || (error instanceof mongoose.Error && !isOurMistake(error))) {
    return new StorageUnavailable(`the database cannot be read or written now: ${messageOf(error)}`, { cause: error });
  }
  return error;
}

/** Mongoose refuses what a schema does not know: nothing that time heals. */
function isOurMistake(error: Error): boolean {
  const { CastError, ValidationError, StrictModeError } = mongoose.Error;
  return error instanceof CastError || error instanceof ValidationError || error instanceof StrictModeError;
}
