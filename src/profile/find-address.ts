// 住所を自動入力 where there is no script: a postal code fills the rest of the address.
import { lookUpPostalCode, parsePostalCode } from '../domain/postal-code.ts';
import type { FieldProblems, Typed } from './profile-form.ts';

/**
 * Fills in what the postal code stands for. A code that nobody knows keeps what was typed.
 * @returns the fields, the towns to choose from, and what is wrong with the code
 */
export function findAddress(typed: Typed): { values: Typed; towns: string[]; problems: FieldProblems } {
  const wrong = (reason: string) => ({ values: typed, towns: [], problems: { postal_code: `postal_code.${reason}` } });
  const parsed = parsePostalCode(typed.postal_code ?? '');
  if (!parsed.ok) return wrong(parsed.reason);
  const places = lookUpPostalCode(parsed.postal_code);
  const [first] = places;
  if (!first) return wrong('unknown');
  const towns = places.map(({ town }) => town).filter(Boolean);
  const street = typed.street_address || (towns.length === 1 ? (towns[0] as string) : '');
  const values = { ...typed, region: first.region, locality: first.locality, street_address: street };
  return { values, towns, problems: {} };
}
