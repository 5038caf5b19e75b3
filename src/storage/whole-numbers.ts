// Enforces the port's rules for numbers before any of them reaches the database.
import { OddNumber, type Storage } from './storage.ts';

/**
 * Half of the largest `Date` (the year 138,900). The sum of two such numbers is a safe integer, and a time that both backends can
 * store.
 */
const LARGEST = 4_320_000_000_000_000;
/** Keeps every counter within the safe integers. */
const MOST_POINTS = 2 ** 31 - 1;

/** Members with any JSON (a job's payload, an event's data). Their numbers only have to be valid in JSON. */
const FREE_JSON = ['payload', 'data'];

type Method = (...parameters: unknown[]) => unknown;

/** Wraps the storage so that each method throws {OddNumber}, and does nothing, if it gets a number that the port refuses. */
export function refuseOddNumbers(storage: Storage): Storage {
  const stores = Object.entries(storage).map(([name, store]: [string, unknown]) => [name, guarded(name, store)] as const);
  return { ...storage, ...Object.fromEntries(stores) };
}

function guarded(store: string, member: unknown): unknown {
  if (isMethod(member)) return guardedMethod(store, member);
  if (!isObject(member)) return member;
  return Object.fromEntries(Object.entries(member).map(([name, each]) => [name, guarded(store, each)]));
}

function guardedMethod(store: string, method: Method): Method {
  return async (...parameters) => {
    for (const parameter of parameters) {
      // The payload belongs to oidc-provider, except for the time that is stored in a column.
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

/** Checks every number inside a value. */
function check(value: unknown, accepts: (value: number) => boolean): void {
  if (typeof value === 'number' && !accepts(value)) throw new OddNumber();
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) check(member, FREE_JSON.includes(name) ? Number.isFinite : accepts);
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= LARGEST;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
