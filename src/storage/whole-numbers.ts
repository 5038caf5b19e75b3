// Holds a backend to what the port promises of numbers, before any of them reaches the database.
import { OddNumber, type Storage } from './storage.ts';

/**
 * Half of the last moment that a `Date` holds (the year 138,900): the sum of any two such numbers is a safe whole number, and a time
 * that both backends store.
 */
const LARGEST = 4_320_000_000_000_000;
/** Keeps every counter within the safe integers. */
const MOST_POINTS = 2 ** 31 - 1;

/** Members that are JSON of any shape (a job's payload, an event's data): their numbers have to be such as JSON carries. */
const FREE_JSON = ['payload', 'data'];

type Method = (...parameters: unknown[]) => unknown;

/** The same storage; each method throws {OddNumber}, and does nothing, where it is given a number that the port refuses. */
export function refuseOddNumbers(storage: Storage): Storage {
  const stores = Object.entries(storage).map(([name, store]: [string, unknown]) => [name, guarded(name, store)] as const);
  return Object.fromEntries(stores) as unknown as Storage;
}

function guarded(store: string, member: unknown): unknown {
  if (typeof member === 'function') return guardedMethod(store, member as Method);
  const methods = Object.entries(member as Record<string, Method>);
  return Object.fromEntries(methods.map(([name, method]) => [name, guardedMethod(store, method)]));
}

function guardedMethod(store: string, method: Method): Method {
  return async (...parameters) => {
    for (const parameter of parameters) {
      // What oidc-provider keeps is its own business, but for the time that stands in a column.
      if (store === 'artifacts' && isObject(parameter)) checkPayload(parameter);
      else check(parameter, isWhole);
    }
    const points = store === 'counters' ? parameters[1] : undefined;
    if (typeof points === 'number' && Math.abs(points) > MOST_POINTS) throw new OddNumber();
    return method(...parameters);
  };
}

function checkPayload(payload: Record<string, unknown>): void {
  check(payload, Number.isFinite);
  check(payload['consumed'], isWhole);
}

/** @returns every number inside a value */
function check(value: unknown, accepts: (value: number) => boolean): void {
  if (typeof value === 'number' && !accepts(value)) throw new OddNumber();
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) check(member, FREE_JSON.includes(name) ? Number.isFinite : accepts);
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= LARGEST;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
