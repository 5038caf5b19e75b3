// The reason for which an operator looks at a person. It is given once, counts for half an hour, and goes with every look to the API, which
// writes it down. Without it no page of a person opens, so a foreign id in a URL shows nothing.
import type { Case, Session, Sessions } from './sessions.ts';

/** A call rarely takes longer. */
const COUNTS_FOR_MS = 30 * 60 * 1000;
/** The oldest are forgotten. */
const MOST_CASES = 20;

/** The lengths of a reason that the API accepts, in characters. */
export const REASON_LENGTH = { least: 4, most: 200 } as const;

const stillCounts = ({ at }: Case, now: number): boolean => now < at + COUNTS_FOR_MS;

/** Returns the reason of the case; `undefined` if the operator has given none, or too long ago. */
export function reasonOf({ parts }: Session, accountId: string, now: number): string | undefined {
  const cases = parts.cases ?? {};
  const found = Object.hasOwn(cases, accountId) ? cases[accountId] : undefined;
  return found && stillCounts(found, now) ? found.reason : undefined;
}

/** Opens a case for each of these accounts. */
export function openCases(
  sessions: Sessions,
  { key }: Session,
  accountIds: readonly string[],
  reason: string,
  now: number,
): void {
  const standing = Object.entries(sessions.find(key)?.parts.cases ?? {}).filter(
    ([id, one]) => stillCounts(one, now) && !accountIds.includes(id),
  );
  const opened = accountIds.map((id): [string, Case] => [id, { reason, at: now }]);
  sessions.save(key, 'cases', Object.fromEntries([...standing, ...opened].slice(-MOST_CASES)));
}
