// Finds policy values that the schema allows but that protect too little.
import { z } from 'zod';
import { policySchema } from '../files/policy-schema.ts';
import type { Problem } from '../problems/problem.ts';
import { isRecord } from '../problems/check-object.ts';

const FILE = 'config/policy.json';
const DAY = 24 * 60 * 60;
/** In seconds. A longer lifetime helps a thief more than it helps people. */
const LONGEST: Record<string, number> = {
  session: 30 * DAY,
  session_absolute: 90 * DAY,
  interaction: 4 * 60 * 60,
  access_token: 60 * 60,
  id_token: 4 * 60 * 60,
  refresh_token: 366 * DAY,
  grant: 3 * 366 * DAY,
};
/** For windows and pauses, short values are the weak ones. */
const WEAK_WHERE_SHORT = /(window|after)_seconds$/;

type Bounds = { properties?: Record<string, Bounds>; minimum?: number; maximum?: number };

/** @param policy what the file says; invalid values are reported elsewhere */
export function checkPolicyLimits(policy: unknown, problems: Problem[]): void {
  const warn = (key: string, expected: string, found: unknown, hint: string): void => {
    problems.push({ severity: 'warning', source: FILE, key, expected, found: String(found), hint });
  };
  if (!isRecord(policy)) return;
  const limits = (z.toJSONSchema(policySchema, { io: 'input' }) as Bounds).properties?.rate_limits ?? {};
  walk(policy.rate_limits, limits, 'rate_limits', warn);
  const { lifetimes, password, dealer_delivery: delivery } = policy;
  if (isRecord(lifetimes)) {
    for (const [name, longest] of Object.entries(LONGEST)) {
      const seconds = lifetimes[name];
      if (typeof seconds === 'number' && seconds > longest)
        warn(`lifetimes.${name}`, `at most ${longest} seconds`, seconds, 'whoever steals it has as long');
    }
  }
  if (isRecord(password) && typeof password.max_length === 'number' && password.max_length < 16)
    warn('password.max_length', 'at least 16', password.max_length, 'people who choose long passwords are kept from it');
  if (isRecord(delivery) && typeof delivery.give_up_after_seconds === 'number' && delivery.give_up_after_seconds < 3600)
    warn(
      'dealer_delivery.give_up_after_seconds',
      'at least 3600',
      delivery.give_up_after_seconds,
      'an hour’s fault of a dealer loses links',
    );
}

/** Compares every limit with the bounds of its schema: more than half of the maximum is hardly a limit. */
function walk(
  value: unknown,
  bounds: Bounds,
  path: string,
  warn: (key: string, expected: string, found: unknown, hint: string) => void,
): void {
  if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const known = bounds.properties?.[key];
      if (known) walk(inner, known, `${path}.${key}`, warn);
    }
    return;
  }
  const { minimum = 0, maximum = Infinity } = bounds;
  if (typeof value !== 'number') return;
  if (WEAK_WHERE_SHORT.test(path)) {
    if (value < 2 * minimum) warn(path, `at least ${2 * minimum}`, value, 'the limit before it is nearly off');
  } else if (value > maximum / 2) warn(path, `at most ${maximum / 2}`, value, 'the limit is nearly off');
}
