// Reads the fields of a profile from a form and shows a profile in them; used wherever a person tells about themselves.
import type { Profile, ProfileKey } from '../domain/account.ts';
import { dateInJapan, parseBirthdate } from '../domain/birthdate.ts';
import { parseKana, parseName } from '../domain/kana.ts';
import { formatPhoneNumber, parsePhoneNumber } from '../domain/phone-number.ts';
import { parsePlainText } from '../domain/plain-text.ts';
import { formatPostalCode, parsePostalCode, PREFECTURES } from '../domain/postal-code.ts';
import type { PageState } from '../http/page-context.ts';
import { LOCALE_OF, type Translate } from '../http/translator.ts';

/** The form's fields by the claim that they make up. */
export const FIELDS_OF: Record<ProfileKey, readonly string[]> = {
  family_name: ['family_name'],
  given_name: ['given_name'],
  family_name_kana: ['family_name_kana'],
  given_name_kana: ['given_name_kana'],
  phone_number: ['phone_number'],
  birthdate: ['birthdate_year', 'birthdate_month', 'birthdate_day'],
  gender: ['gender'],
  address: ['postal_code', 'region', 'locality', 'street_address', 'building'],
};

const ADDRESS_LINE_LENGTH = 100;

/** What was typed, by field. */
export type Typed = Record<string, string>;

/** The key of a sentence, by field. */
export type FieldProblems = Record<string, string>;

type Parsed = { ok: true } | { ok: false; reason: string };

/**
 * Reads the claims that a form asks for.
 * @param asked which claims, and whether each must be there
 * @returns the profile as far as it is right, and for each wrong field the key of a sentence under `form_errors`
 */
export function readProfileForm(
  typed: Typed,
  asked: ReadonlyMap<ProfileKey, { required: boolean }>,
  now: number,
): { profile: Profile; problems: FieldProblems } {
  const profile: Profile = {};
  const problems: FieldProblems = {};
  /** Takes a field's value, or notes what is wrong with it; an empty field is wrong only where it is required. */
  const take = <P extends Parsed>(
    field: string,
    required: boolean,
    parse: (text: string) => P,
  ): Extract<P, { ok: true }> | undefined => {
    const text = typed[field] ?? '';
    if (text.trim() === '' && !required) return undefined;
    const parsed = parse(text);
    if (parsed.ok) return parsed as Extract<P, { ok: true }>;
    problems[field] = `${field}_${(parsed as { reason: string }).reason}`;
    return undefined;
  };
  const line = (text: string) => parsePlainText(text, ADDRESS_LINE_LENGTH);

  for (const [claim, { required }] of asked) {
    switch (claim) {
      case 'family_name':
      case 'given_name': {
        const name = take(claim, required, parseName);
        if (name) profile[claim] = name.text;
        break;
      }
      case 'family_name_kana':
      case 'given_name_kana': {
        const kana = take(claim, required, parseKana);
        if (kana) profile[claim] = kana.kana;
        break;
      }
      case 'phone_number': {
        const phone = take(claim, required, parsePhoneNumber);
        if (phone) profile.phone_number = phone.phone_number;
        break;
      }
      case 'birthdate': {
        const [year = '', month = '', day = ''] = FIELDS_OF.birthdate.map((field) => typed[field] ?? '');
        if (!required && !year && !month && !day) break;
        const parsed = parseBirthdate({ year, month, day }, dateInJapan(now));
        if (parsed.ok) profile.birthdate = parsed.birthdate;
        else problems.birthdate_year = `birthdate_${parsed.reason}`;
        break;
      }
      case 'gender': {
        const gender = typed.gender ?? '';
        if (gender === 'male' || gender === 'female' || gender === 'other') profile.gender = gender;
        else if (required || gender) problems.gender = 'gender_missing';
        break;
      }
      case 'address': {
        const anyTyped = FIELDS_OF.address.some((field) => (typed[field] ?? '').trim() !== '');
        const needed = required || anyTyped;
        const postal = take('postal_code', needed, parsePostalCode);
        const region = take('region', needed, (text) =>
          PREFECTURES.includes(text) ? { ok: true as const, text } : { ok: false as const, reason: 'missing' },
        );
        const [locality, street, building] = [
          take('locality', needed, line),
          take('street_address', needed, line),
          take('building', false, line),
        ];
        if (!postal && !region && !locality && !street) break;
        profile.address = {
          ...(postal ? { postal_code: postal.postal_code } : {}),
          ...(region ? { region: region.text } : {}),
          ...(locality ? { locality: locality.text } : {}),
          ...(street ? { street_address: street.text } : {}),
          ...(building ? { building: building.text } : {}),
        };
      }
    }
  }
  return { profile, problems };
}

/** The values of the fields of a profile, as they are shown in a form. */
export function profileFields(profile: Profile): Typed {
  const { phone_number: phone, birthdate, address, ...rest } = profile;
  const [year, month, day] = birthdate?.split('-') ?? [];
  const fields: Record<string, string | undefined> = {
    ...rest,
    phone_number: phone && formatPhoneNumber(phone),
    birthdate_year: year,
    birthdate_month: month && String(Number(month)),
    birthdate_day: day && String(Number(day)),
    ...address,
    postal_code: address?.postal_code && formatPostalCode(address.postal_code),
  };
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A profile as lines of a confirmation page. `field` is where a change link leads. */
export function profileRows(
  profile: Profile,
  asked: Iterable<ProfileKey>,
  { language, t }: Pick<PageState, 'language' | 't'>,
): { label: string; value: string; field: string }[] {
  const fields = profileFields(profile);
  return [...asked].flatMap((claim) => {
    if (claim === 'birthdate') {
      const format = new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'UTC' });
      const date = profile.birthdate && format.format(Date.parse(profile.birthdate));
      const value = date ? t('fields.birthdate_value', { date }) : '';
      return [{ label: t('fields.birthdate'), value, field: 'birthdate_year' }];
    }
    if (claim === 'gender') {
      return [{ label: t('fields.gender'), value: profile.gender ? t(`fields.gender_${profile.gender}`) : '', field: claim }];
    }
    return FIELDS_OF[claim].map((field) => {
      const value = fields[field] ?? '';
      return { label: t(`fields.${field}`), value: field === 'region' && value ? t(`prefectures.${value}`) : value, field };
    });
  });
}

/** Sentences for the fields that are wrong. */
export function sentences(problems: FieldProblems, t: Translate): Record<string, string> {
  return Object.fromEntries(Object.entries(problems).map(([field, key]) => [field, t(`form_errors.${key}`)]));
}
