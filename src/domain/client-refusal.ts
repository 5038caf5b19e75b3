// Refused requests of a client app, kept for its developer: `npm run admin -- clients why`.
import { isDeepStrictEqual } from 'node:util';
import type { EpochMilliseconds } from './account.ts';

/** A refused request. It holds no secret, code, token or personal data; see `explainRefusal`. */
export type ClientRefusal = {
  /** The last time. */
  at: EpochMilliseconds;
  /** How often the same request was refused. */
  times: number;
  /** oidc-provider's name of the endpoint, such as `token`. */
  endpoint: string;
  /** The code of OAuth 2.0, such as `invalid_grant`. */
  error: string;
  /** One sentence: what is wrong. */
  why: string;
  /** The parameters that matter, by name. */
  sent: Record<string, string>;
  expected?: string;
  /** The registered value that is most like the sent one. */
  nearest?: string;
  /** The X-Request-Id of the last time. */
  request_id: string;
};

/** The refusals of one client app. */
export type ClientRefusals = {
  /** The client's id. */
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** Newest first. */
  refusals: ClientRefusal[];
};

const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/**
 * The numbers are bounded, because everybody can send requests in a client's name. Each endpoint and each error has its own bound, so
 * that a flood of one kind leaves the other kinds. There is a fixed number of endpoints.
 */
const MOST_OF_AN_ENDPOINT = 10;
const MOST_OF_A_KIND = 5;

/** Adds refusals to those that are kept. The same refusal again is counted. */
export function keepRefusals(
  kept: readonly ClientRefusal[],
  added: readonly ClientRefusal[],
  now: EpochMilliseconds,
): ClientRefusal[] {
  const all: ClientRefusal[] = [];
  const count = (isLike: (refusal: ClientRefusal) => boolean): number => all.filter(isLike).length;
  for (const refusal of [...kept, ...added].toSorted((a, b) => b.at - a.at)) {
    const same = all.findIndex((newer) => isSame(newer, refusal));
    const newer = all[same];
    if (newer) all[same] = { ...newer, times: newer.times + refusal.times };
    else if (
      refusal.at > now - KEPT_MS &&
      count(({ endpoint }) => endpoint === refusal.endpoint) < MOST_OF_AN_ENDPOINT &&
      count((other) => isKind(other, refusal)) < MOST_OF_A_KIND
    )
      all.push(refusal);
  }
  return all;
}

/** When a record ends to which nothing is added. */
export const refusalsEnd = (now: EpochMilliseconds): EpochMilliseconds => now + KEPT_MS;

function isKind(a: ClientRefusal, b: ClientRefusal): boolean {
  return a.endpoint === b.endpoint && a.error === b.error;
}

function isSame(a: ClientRefusal, b: ClientRefusal): boolean {
  return isKind(a, b) && a.why === b.why && isDeepStrictEqual(a.sent, b.sent);
}
