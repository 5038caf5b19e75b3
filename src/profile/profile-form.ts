// The form of a profile, made from PROFILE_FIELDS: reads it, fills it in, and tells views/partials/profile-fields.ejs what to show.
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
import { LOCALE_OF, type Translate } from '../http/translator.ts';

export type { Typed };

/** Which claims a form asks for, and whether each must be there. */
export type Asked = ReadonlyMap<ProfileKey, { required: boolean }>;

/** The key of a sentence below `profile_fields`, by field. */
export type FieldProblems = Record<string, string>;

/** The form's fields of a claim. */
export function fieldsOf(key: ProfileKey): readonly string[] {
  return profileField(key).kind.fields(key);
}

/** What is asked, in the order of the form. `requirement` answers whether a claim is required, or `undefined` if it is not asked. */
export function askFor(requirement: (key: ProfileKey) => boolean | undefined): Asked {
  return new Map(
    KEYS_BY_SECTION.flatMap((key) => {
      const required = requirement(key);
      return required === undefined ? [] : [[key, { required }]];
    }),
  );
}

/**
 * What was posted for these claims, as it was typed.
 * @throws {PageError} `form_unreadable`, 400, where a field was sent twice
 */
export function readTyped(ctx: PageContext, claims: Iterable<ProfileKey>): Typed {
  return Object.fromEntries([...claims].flatMap(fieldsOf).map((field) => [field, formField(ctx, field)]));
}

/**
 * Reads the claims that a form asks for.
 * @returns the profile as far as it is right, and a sentence's key for each wrong field
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

/** The values of the fields of a profile, as they are shown in a form. */
export function profileFields(profile: Profile): Typed {
  const written = PROFILE_KEYS.map((key) => (profile[key] === undefined ? {} : profileField(key).kind.write(key, profile[key])));
  return Object.assign({}, ...written) as Typed;
}

/** A profile as lines of a page. `field` is where a link to change the line leads. */
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
      const format = new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'UTC' });
      const stored = profile[key];
      const value =
        typeof stored === 'string' ? t(`profile_fields.${key}.value`, { date: format.format(Date.parse(stored)) }) : '';
      return [{ label: t(`profile_fields.${key}.label`), value, field: fields[0] ?? key }];
    }
    return fields.map((field) => {
      const value = typed[field] ?? '';
      return { label: t(`profile_fields.${field}.label`), value: shown(input, field, value, t), field };
    });
  });
}

/** A field's value in words. */
function shown(input: string, field: string, value: string, t: Translate): string {
  if (value === '') return '';
  if (field === 'region') return t(`prefectures.${value}`);
  return input === 'select' ? t(`profile_fields.${field}.options.${value}`) : value;
}

/** Sentences for the fields that are wrong. */
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

/** The lines of the form for these claims, in the order of the table. */
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

/** What a view needs to show the form: its lines, the same by section, and which fields must be filled in. */
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
