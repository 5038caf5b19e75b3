// Finds policy values that the schema allows but that protect too little.
import { isRecord } from '../problems/check-object.ts';
import type { Problem } from '../problems/problem.ts';
import { policyValues, SAFE_RANGES } from './policy-schema.ts';

/**
 * Warns of each number outside its safe range.
 * @param policy the content of the file; invalid values are reported elsewhere
 */
export function checkPolicyLimits(policy: unknown, source: string, problems: Problem[]): void {
  for (const { path, schema } of policyValues()) {
    const range = SAFE_RANGES.get(schema);
    const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), policy);
    if (!range || typeof value !== 'number') continue;
    const { atLeast = -Infinity, atMost = Infinity, unit, hint } = range;
    if (value >= atLeast && value <= atMost) continue;
    const bound = value < atLeast ? `at least ${atLeast}` : `at most ${atMost}`;
    const expected = unit === undefined ? bound : `${bound} ${unit}`;
    problems.push({ severity: 'warning', source, key: path.join('.'), expected, found: String(value), hint });
  }
}
