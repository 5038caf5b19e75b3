// 住所を自動入力: fills in the address of a postal code, and asks about a code and a prefecture that do not belong together.
// views/assets/page.js fills in by the same rules where scripts run.
import { lookUpPostalCode, parsePostalCode, prefecturesOf, type PostalPlace } from '../domain/postal-code.ts';
import type { Profile } from '../domain/profile-fields.ts';
import type { Translate } from '../http/translator.ts';
import type { FieldProblems, Typed } from './profile-form.ts';

/** The value of a choice among several places; page.js splits it. */
const choiceOf = ({ region, locality, town }: PostalPlace): string => [region, locality, town].join('|');

/** Returns the value that all places have in common; empty if they differ. */
function common(places: readonly PostalPlace[], part: keyof PostalPlace): string {
  const [first, ...others] = new Set(places.map((place) => place[part]));
  return others.length > 0 ? '' : (first ?? '');
}

/**
 * Fills in the place of the postal code: the chosen one, or what all its places have in common. If the code is unknown, the fields
 * stay as typed.
 * @returns the fields, and any problem with the code
 */
export function findAddress(typed: Typed): { values: Typed; problems: FieldProblems } {
  const wrong = (reason: string) => ({ values: typed, problems: { postal_code: `postal_code.${reason}` } });
  const parsed = parsePostalCode(typed.postal_code ?? '');
  if (!parsed.ok) return wrong(parsed.reason);
  const places = lookUpPostalCode(parsed.postal_code);
  if (places.length === 0) return wrong('unknown');
  const chosen = places.find((place) => choiceOf(place) === typed.place);
  const fitting = chosen ? [chosen] : places;
  const values = { ...typed, place: chosen ? choiceOf(chosen) : '' };
  fillIn(values, 'region', common(fitting, 'region'));
  fillIn(values, 'locality', common(fitting, 'locality'));
  fillIn(values, 'street_address', common(fitting, 'town'));
  return { values, problems: {} };
}

/** Fills in the place that the person chose. Without a script, the choice is sent with the form and has filled in nothing yet. */
export function withChosenPlace(typed: Typed): Typed {
  return typed.place ? findAddress(typed).values : typed;
}

/** Sets a field that is empty, or that the lookup filled in and nobody has changed since. */
function fillIn(values: Typed, field: string, found: string): void {
  const current = values[field] ?? '';
  if (current.trim() !== '' && current !== values[`filled_${field}`]) return;
  values[field] = found;
  values[`filled_${field}`] = found;
}

/** Lists the places to choose from if the form was sent and its postal code has several. */
export function placeChoices({ postal_code: code = '', place }: Typed): { value: string; label: string }[] {
  const parsed = parsePostalCode(code);
  if (place === undefined || !parsed.ok) return [];
  const places = lookUpPostalCode(parsed.postal_code);
  if (places.length < 2) return [];
  return places.map((one) => ({ value: choiceOf(one), label: `${one.region}${one.locality}${one.town}` }));
}

/**
 * Asks, once, about a postal code of another prefecture. The person may confirm it by sending the form again, because the table can be
 * older than a code.
 * @param standing the profile that the person has already confirmed
 * @returns the fields and the question for the form; `undefined` if there is nothing to ask
 */
export function askAboutPrefecture(
  typed: Typed,
  profile: Profile,
  standing: Profile,
  t: Translate,
): { values: Typed; errors: Record<string, string> } | undefined {
  const { postal_code: code, region } = profile.address ?? {};
  if (code === undefined || region === undefined) return undefined;
  const prefectures = prefecturesOf(code);
  if (prefectures.length === 0 || prefectures.includes(region)) return undefined;
  const isStanding = standing.address?.postal_code === code && standing.address.region === region;
  const pair = `${code} ${region}`;
  if (isStanding || typed.confirmed_place === pair) return undefined;
  const names = prefectures.map((name) => t(`prefectures.${name}`)).join(t('account.separator'));
  return {
    values: { ...typed, confirmed_place: pair },
    errors: { region: t('profile_fields.region.other_code', { prefectures: names }) },
  };
}
