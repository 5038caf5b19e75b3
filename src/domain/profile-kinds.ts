// The kinds of profile values: how each is typed, stored, shown, read from a legacy site and sent to clients. profile-fields.ts
// uses them.
import { isDate, parseBirthdate, type ParsedBirthdate } from './birthdate.ts';
import { parseKana, parseName, type ParsedKana } from './kana.ts';
import { WHY_DROPPED, type ClaimReader } from './legacy-claims.ts';
import { formatPhoneNumber, parsePhoneNumber } from './phone-number.ts';
import { parsePlainText, type ParsedText } from './plain-text.ts';

/** The text in each field of a form. */
export type Typed = Record<string, string>;

export type Parsed<T, R extends string> = { ok: true; value: T } | { ok: false; reason: R };

/** Reads the fields of a submitted form and collects their problems. */
export type FormReader = {
  /** The date in Japan, `YYYY-MM-DD`. */
  today: string;
  text(field: string): string;
  /** Parses a field. An empty field is a problem only if it is required. */
  take<T>(field: string, required: boolean, parse: (text: string) => Parsed<T, string>): T | undefined;
  /** Records a problem. @param word the key of the message, below `profile_fields` */
  refuse(field: string, word: string): undefined;
};

/** One kind of value. `key` is the value's key in a profile. */
export type Kind<T> = {
  /** The input that views/partials/profile-fields.ejs shows. */
  input: 'text' | 'select' | 'birthdate' | 'address';
  /** The fields of the form. */
  fields(key: string): readonly string[];
  /** Fields that may stay empty when the value is required. */
  optionalFields?: readonly string[];
  /** The options of a `select`, in the order of the page. */
  options?: readonly string[];
  /** The keys that each locale needs below `profile_fields`: labels and error messages. */
  words(key: string): string[];
  /** Reads the value from a form. */
  read(key: string, form: FormReader, required: boolean): T | undefined;
  /** Writes the value into the fields of a form. */
  write(key: string, value: T): Typed;
  /** Reads the value from the claims of a legacy site. */
  fromClaim(reader: ClaimReader, claim: string): T | undefined;
  /** Converts the value for clients; if absent, they get it as stored. */
  toClaim?(value: T): unknown;
  /** Whether the value is complete enough for a client that requires it; if absent, it always is. */
  isComplete?(value: T): boolean;
};

/**
 * Makes the kind of a value that is typed into one field.
 * @param why the message to a legacy site, for each reason to refuse a text
 */
export function oneField<T extends string, R extends string>({
  parse,
  why,
  format = (value) => value,
}: {
  parse: (text: string) => Parsed<T, R>;
  why: Record<R, string>;
  format?: (value: T) => string;
}): Kind<T> {
  return {
    input: 'text',
    fields: (key) => [key],
    words: (key) => [`${key}.label`, ...Object.keys(why).map((reason) => `${key}.${reason}`)],
    read: (key, form, required) => form.take(key, required, parse),
    write: (key, value) => ({ [key]: format(value) }),
    fromClaim: (reader, claim) =>
      reader.parsed(claim, (text) => {
        const parsed = parse(text);
        return parsed.ok ? parsed.value : { why: why[parsed.reason] };
      }),
  };
}

function asValue<R extends string>(parsed: { ok: true; text: string } | { ok: false; reason: R }): Parsed<string, R> {
  return parsed.ok ? { ok: true, value: parsed.text } : parsed;
}

const { syntax: _, ...WHY_NO_TEXT } = WHY_DROPPED;

/**
 * Makes the kind of one line of text; see `parsePlainText`.
 * @param maxLength in code points
 */
export function plainText(maxLength: number): Kind<string> {
  return oneField({ parse: (text) => asValue<TextReason>(parsePlainText(text, maxLength)), why: WHY_NO_TEXT });
}
type TextReason = Extract<ParsedText, { ok: false }>['reason'];

/** One part of a name, as the person writes it. */
export const nameKind: Kind<string> = oneField({ parse: (text) => asValue<TextReason>(parseName(text)), why: WHY_NO_TEXT });

/** One part of a name in full-width katakana. */
export const kanaKind: Kind<string> = oneField<string, Extract<ParsedKana, { ok: false }>['reason']>({
  parse(text) {
    const parsed = parseKana(text);
    return parsed.ok ? { ok: true, value: parsed.kana } : parsed;
  },
  why: { ...WHY_NO_TEXT, characters: 'is not all kana' },
});

const NO_PHONE_NUMBER = 'is no telephone number (E.164, as +819012345678)';

/** A telephone number in E.164. */
export const phoneKind: Kind<string> = oneField({
  parse(text) {
    const parsed = parsePhoneNumber(text);
    return parsed.ok ? { ok: true, value: parsed.phone_number } : parsed;
  },
  why: { missing: NO_PHONE_NUMBER, characters: NO_PHONE_NUMBER, not_a_number: NO_PHONE_NUMBER },
  format: formatPhoneNumber,
});

/**
 * Makes the kind of a value from a fixed list.
 * @param options in the order of the page
 * @param why the message to a legacy site about any other text
 */
export function choice<T extends string>(options: readonly T[], why: string): Kind<T> {
  const field = oneField<T, 'missing'>({
    parse(text) {
      const value = options.find((option) => option === text);
      return value === undefined ? { ok: false, reason: 'missing' } : { ok: true, value };
    },
    why: { missing: why },
  });
  return {
    ...field,
    input: 'select',
    options,
    words: (key) => [...field.words(key), ...options.map((option) => `${key}.options.${option}`)],
  };
}

type BirthdateReason = Extract<ParsedBirthdate, { ok: false }>['reason'];
const BIRTHDATE_REASONS: Record<BirthdateReason, true> = {
  missing: true,
  syntax: true,
  not_a_date: true,
  not_in_era: true,
  future: true,
  too_early: true,
};

/** A date of birth, `YYYY-MM-DD`, typed into three fields. Error messages appear at the first one. */
export const birthdateKind: Kind<string> = {
  input: 'birthdate',
  fields: (key) => [`${key}_year`, `${key}_month`, `${key}_day`],
  words: (key) => [
    `${key}.label`,
    `${key}.value`,
    `${key}.era_year`,
    `${key}.era_hint`,
    ...Object.keys(BIRTHDATE_REASONS).map((reason) => `${key}.${reason}`),
  ],
  read(key, form, required) {
    const [year, month, day] = [form.text(`${key}_year`), form.text(`${key}_month`), form.text(`${key}_day`)];
    if (!required && !year && !month && !day) return undefined;
    const parsed = parseBirthdate({ year, month, day }, form.today);
    return parsed.ok ? parsed.birthdate : form.refuse(`${key}_year`, `${key}.${parsed.reason}`);
  },
  write(key, value) {
    const [year = '', month, day] = value.split('-');
    return { [`${key}_year`]: year, [`${key}_month`]: String(Number(month)), [`${key}_day`]: String(Number(day)) };
  },
  fromClaim: (reader, claim) =>
    reader.parsed(claim, (text) => {
      // OpenID Connect also allows `0000-12-25` and `1995`, which cannot prefill the form.
      const complete = /^(?:19|[2-9]\d)\d{2}-\d{2}-\d{2}$/.test(text) && isDate(text);
      return complete ? text : { why: 'is no date (YYYY-MM-DD)' };
    }),
};
