// The profile form, built from PROFILE_FIELDS: reads it, fills it in, and makes the data for views/partials/profile-fields.ejs.
import { dateInJapan } from '../domain/birthdate.ts';
import {
  KEYS_BY_SECTION,
  makeProfile,
  PROFILE_KEYS,
  profileField,
  SECTIONS,
  type Profile,
  type ProfileKey,
} from '../domain/profile-fields.ts';
import type { FormReader, Typed } from '../domain/profile-kinds.ts';
import type { PageContext, PageState } from '../http/page-context.ts';
import { formField } from '../http/read-form.ts';
import { LOCALE_OF, type Language } from '../language.ts';
import type { Translate } from '../http/translator.ts';

export type { Typed };

/** The claims that a form asks for, and whether each is required. */
export type Asked = ReadonlyMap<ProfileKey, { required: boolean }>;

/** For each wrong field, the key of its error message below `profile_fields`. */
export type FieldProblems = Record<string, string>;

/** Returns the names of a claim's form fields. */
export function fieldsOf(key: ProfileKey): readonly string[] {
  return profileField(key).kind.fields(key);
}

/**
 * Makes the list of claims to ask for, in the order of the form.
 * @param requirement whether a claim is required; `undefined` leaves it out
 */
export function askFor(requirement: (key: ProfileKey) => boolean | undefined): Asked {
  return new Map(
    KEYS_BY_SECTION.flatMap((key) => {
      const required = requirement(key);
      return required === undefined ? [] : [[key, { required }]];
    }),
  );
}

/**
 * The fields of the address lookup, beside those of the address: what it filled in, the place that the person chose, and the code and
 * prefecture that the person was asked about. See find-address.ts.
 */
const LOOKUP_FIELDS = ['filled_region', 'filled_locality', 'filled_street_address', 'place', 'confirmed_place'];

/**
 * Returns the posted fields of these claims as typed, with those of the address lookup.
 * @throws {PageError} `form_unreadable` (400) if a field was sent twice
 */
export function readTyped(ctx: PageContext, claims: Iterable<ProfileKey>): Typed {
  const fields = [...claims].flatMap((key) => (key === 'address' ? [...fieldsOf(key), ...LOOKUP_FIELDS] : fieldsOf(key)));
  return Object.fromEntries(fields.map((field) => [field, formField(ctx, field)]));
}

/**
 * Reads the claims that a form asks for.
 * @returns the profile with the valid claims, and an error message key for each wrong field
 */
export function readProfileForm(typed: Typed, asked: Asked, now: number): { profile: Profile; problems: FieldProblems } {
  const problems: FieldProblems = {};
  const form: FormReader = {
    today: dateInJapan(now),
    text: (field) => typed[field] ?? '',
    take(field, required, parse) {
      const text = form.text(field);
      if (text.trim() === '' && !required) return undefined;
      const parsed = parse(text);
      return parsed.ok ? parsed.value : form.refuse(field, `${field}.${parsed.reason}`);
    },
    refuse(field, word) {
      problems[field] = word;
      return undefined;
    },
  };
  const values = new Map([...asked].map(([key, { required }]) => [key, profileField(key).kind.read(key, form, required)]));
  return { profile: makeProfile((key) => values.get(key)), problems };
}

/** Returns the values of all form fields for a profile. */
export function profileFields(profile: Profile): Typed {
  const written = PROFILE_KEYS.map((key) => (profile[key] === undefined ? {} : profileField(key).kind.write(key, profile[key])));
  return Object.assign({}, ...written) as Typed;
}

/** Makes the lines that show a profile on a page. `field` is the form field that a change link leads to. */
export function profileRows(
  profile: Profile,
  claims: Iterable<ProfileKey>,
  { language, t }: Pick<PageState, 'language' | 't'>,
): { label: string; value: string; field: string }[] {
  const typed = profileFields(profile);
  return [...claims].flatMap((key) => {
    const { input } = profileField(key).kind;
    const fields = fieldsOf(key);
    if (input === 'birthdate') {
      const stored = profile[key];
      const value = typeof stored === 'string' ? birthdateInWords(stored, language, t) : '';
      return [{ label: t(`profile_fields.${key}.label`), value, field: fields[0] ?? key }];
    }
    return fields.map((field) => {
      const value = typed[field] ?? '';
      return { label: t(`profile_fields.${field}.label`), value: shown(input, field, value, t), field };
    });
  });
}

/**
 * Makes the same lines as `profileRows`, but with the names and their kana in one line and the address in one line.
 * @returns for each line the section of the form too
 */
export function shortRows(
  profile: Profile,
  claims: Iterable<ProfileKey>,
  state: Pick<PageState, 'language' | 't'>,
): { label: string; value: string; field: string; section: string }[] {
  const { language, t } = state;
  const wanted = new Set(claims);
  const joined = (...keys: (keyof typeof PERSON)[]): string =>
    keys
      .filter((key) => wanted.has(key))
      .map((key) => profile[key])
      .filter(Boolean)
      .join(' ');
  const name = joined('family_name', 'given_name');
  const kana = joined('family_name_kana', 'given_name_kana');
  let named = false;
  return [...wanted].flatMap((key) => {
    const { section } = profileField(key).form;
    if (key in PERSON) {
      if (named) return [];
      named = true;
      const value = name && kana ? t('profile.name_with_kana', { name, kana }) : name || kana;
      return [{ label: t('profile.name'), value, field: key, section }];
    }
    if (key === 'address') {
      const { postal_code: _, ...address } = profile.address ?? {};
      const { postal_code: code } = profileFields(profile);
      const region = address.region && t(`prefectures.${address.region}`);
      const line = [region, language === 'en' ? ' ' : '', address.locality, address.street_address].join('').trim();
      const value = [code && `〒${code}`, line, address.building].filter(Boolean).join(' ');
      return [{ label: t('profile_fields.address.label'), value, field: 'postal_code', section }];
    }
    return profileRows(profile, [key], state).map((row) => ({ ...row, section }));
  });
}

/** The parts of a name. */
const PERSON = { family_name: true, given_name: true, family_name_kana: true, given_name_kana: true } as const;

/** Returns a birth date in both calendars: «西暦1964年10月10日（昭和39年）». @param birthdate `YYYY-MM-DD` */
export function birthdateInWords(birthdate: string, language: Language, t: Translate): string {
  const date = new Date(`${birthdate}T00:00:00Z`);
  const gregorian = new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'UTC' });
  const japanese = new Intl.DateTimeFormat(`${LOCALE_OF[language]}-u-ca-japanese`, {
    era: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  const parts = new Map(japanese.formatToParts(date).map(({ type, value }) => [type, value]));
  const eraYear = t('profile_fields.birthdate.era_year', { era: parts.get('era') ?? '', year: parts.get('year') ?? '' });
  return t('profile_fields.birthdate.value', { date: gregorian.format(date), era_year: eraYear });
}

/** Returns the text that shows a field's value. */
function shown(input: string, field: string, value: string, t: Translate): string {
  if (value === '') return '';
  if (field === 'region') return t(`prefectures.${value}`);
  return input === 'select' ? t(`profile_fields.${field}.options.${value}`) : value;
}

/** Translates the error messages of the wrong fields. */
export function sentences(problems: FieldProblems, t: Translate): Record<string, string> {
  return Object.fromEntries(Object.entries(problems).map(([field, word]) => [field, t(`profile_fields.${word}`)]));
}

/** One line of the form: an input, or a pair of them. */
type InputRow = { pair: boolean; inputs: Input[] };
type Input = {
  claim: ProfileKey;
  input: 'text' | 'select' | 'birthdate' | 'address';
  hint?: boolean;
  autocomplete?: string;
  inputmode?: string;
  options?: readonly string[];
};

/** Makes the lines of the form for these claims, in the order of the table. */
function inputRows(claims: Iterable<ProfileKey>): InputRow[] {
  const wanted = new Set(claims);
  const rows: (InputRow & { name: string | undefined })[] = [];
  for (const claim of PROFILE_KEYS.filter((key) => wanted.has(key))) {
    const { kind, form } = profileField(claim);
    const { section: _, pair, ...attributes } = form;
    const input: Input = { claim, input: kind.input, ...attributes, ...(kind.options ? { options: kind.options } : {}) };
    const last = rows.at(-1);
    if (pair !== undefined && last?.name === pair) last.inputs.push(input);
    else rows.push({ name: pair, pair: pair !== undefined, inputs: [input] });
  }
  return rows.map(({ pair, inputs }) => ({ pair, inputs }));
}

const HEADINGS: Record<(typeof SECTIONS)[number], string> = {
  person: 'profile.person_heading',
  address: 'profile.address_heading',
  more: 'account_profile.more_heading',
};

/** Makes the view data of the form: all lines, the lines by section, and the required fields. */
export function formOf(asked: Asked): {
  rows: InputRow[];
  sections: { name: string; heading: string; rows: InputRow[] }[];
  required: Record<string, true>;
} {
  const sections = SECTIONS.map((name) => {
    const claims = [...asked.keys()].filter((key) => profileField(key).form.section === name);
    return { name, heading: HEADINGS[name], rows: inputRows(claims) };
  });
  const required = [...asked].flatMap(([key, { required: must }]) => {
    const optional = profileField(key).kind.optionalFields ?? [];
    return must ? fieldsOf(key).filter((field) => !optional.includes(field)) : [];
  });
  return {
    rows: inputRows(asked.keys()),
    sections: sections.filter(({ rows }) => rows.length > 0),
    required: Object.fromEntries(required.map((field) => [field, true])),
  };
}
