// 住所を自動入力 without JavaScript: fills in the address from its postal code.
import { lookUpPostalCode, parsePostalCode } from '../domain/postal-code.ts';
import type { FieldProblems, Typed } from './profile-form.ts';

/**
 * Fills in the place of the postal code. If the code is unknown, the fields stay as typed.
 * @returns the fields, the towns to choose from, and any problem with the code
 */
export function findAddress(typed: Typed): { values: Typed; towns: string[]; problems: FieldProblems } {
  const wrong = (reason: string) => ({ values: typed, towns: [], problems: { postal_code: `postal_code.${reason}` } });
  const parsed = parsePostalCode(typed.postal_code ?? '');
  if (!parsed.ok) return wrong(parsed.reason);
  const places = lookUpPostalCode(parsed.postal_code);
  const [first] = places;
  if (!first) return wrong('unknown');
  const towns = places.map(({ town }) => town).filter(Boolean);
  const street = typed.street_address || (towns.length === 1 ? (towns[0] ?? '') : '');
  const values = { ...typed, region: first.region, locality: first.locality, street_address: street };
  return { values, towns, problems: {} };
}
