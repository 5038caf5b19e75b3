// When a person last used each service and each browser. It is noted at most once an hour, so that it costs next to nothing.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

/** A use within this time after the noted one is not noted. */
export const USES_NOTED_EVERY_MS = 60 * 60 * 1000;
const KEPT_MS = 400 * 24 * 60 * 60 * 1000;
/** The newest ones are kept. */
const MOST_USES = 200;

/** `name`: the id of the client, or the `uid` of the session. */
export type LastUse = { what: 'service' | 'browser'; name: string; at: EpochMilliseconds };

/** The id is the account's. */
export type LastUses = { id: string; version: number; expires_at: EpochMilliseconds; uses: LastUse[] };

/** Notes a use now. Returns `undefined` if there is a recent one. */
export function withUse(
  standing: Pick<LastUses, 'uses'> | undefined,
  use: Omit<LastUse, 'at'>,
  now: EpochMilliseconds,
): Omit<LastUses, 'id' | 'version'> | undefined {
  if (now - (lastUseOf(standing, use) ?? -Infinity) < USES_NOTED_EVERY_MS) return undefined;
  const others = (standing?.uses ?? []).filter((other) => !isSame(other, use) && now - other.at < KEPT_MS);
  return { expires_at: now + KEPT_MS, uses: [{ ...use, at: now }, ...others].slice(0, MOST_USES) };
}

/** Returns when the person last used this. */
export function lastUseOf(uses: Pick<LastUses, 'uses'> | undefined, use: Omit<LastUse, 'at'>): EpochMilliseconds | undefined {
  return uses?.uses.find((other) => isSame(other, use))?.at;
}

const isSame = (a: Omit<LastUse, 'at'>, b: Omit<LastUse, 'at'>): boolean => a.what === b.what && a.name === b.name;
