// Paths with a query, and single values of one.
import type { ConsoleContext } from './console.ts';

/** Returns the path with those values that there are. */
export function withQuery(path: string, values: Record<string, string | undefined>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

/** Returns a value of the query as it was sent once and not empty; otherwise `undefined`. */
export function textOfQuery(ctx: ConsoleContext, name: string): string | undefined {
  const value = ctx.query[name];
  return typeof value === 'string' && value !== '' && value.length <= 500 ? value : undefined;
}
