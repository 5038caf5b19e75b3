// The table of profile fields: every entry has its words, its inputs and its documentation, and works in every place that is made from it.
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseLegacyProfile } from '../../src/domain/legacy-profile.ts';
import { PREFECTURES } from '../../src/domain/postal-code.ts';
import {
  makeProfile,
  type Profile,
  PROFILE_FIELDS,
  PROFILE_KEYS,
  profileClaims,
  type ProfileField,
  type ProfileKey,
} from '../../src/domain/profile-fields.ts';
import { plainText } from '../../src/domain/profile-kinds.ts';
import { LANGUAGES, type Language } from '../../src/language.ts';
import { createTranslator } from '../../src/http/translator.ts';
import { createViewRenderer } from '../../src/http/view-renderer.ts';
import { profileAsked } from '../../src/interaction/create/flow.ts';
import { CLAIMS_BY_SCOPE } from '../../src/oidc/claims.ts';
import { claimsInWords } from '../../src/profile/claims-in-words.ts';
import { splitForm } from '../../src/profile/known-profile.ts';
import { askFor, formOf, profileFields, profileRows, readProfileForm } from '../../src/profile/profile-form.ts';
import { createLog } from '../../src/telemetry/log.ts';

type Texts = { [key: string]: string | Texts };
type Table = Record<string, ProfileField<unknown>>;
const TABLE: Table = PROFILE_FIELDS;
const TABLE_FILE = 'src/domain/profile-fields.ts';
const ROOT = new URL('../../', import.meta.url);
const NOW = Date.parse('2026-11-22T00:00:00Z');

const textOf = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');
const localeFile = (language: Language, name: string): string => `config/locales/${language}/${name}.json`;
const textsIn = (language: Language, name: string): Texts => JSON.parse(textOf(localeFile(language, name))) as Texts;

function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : keysOf(value, `${prefix}${key}.`),
  );
}

/** The words of an entry, below `profile_fields`, with what each is for. */
function wordsOf(key: string, { kind, form, guarded }: ProfileField<unknown>): [word: string, use: string][] {
  const ofKind = kind.words(key).map((word): [string, string] => {
    const last = word.split('.').slice(1).join('.');
    if (last === 'label') return [word, 'the name above its input'];
    if (['value', 'hint', 'era_hint', 'era_year'].includes(last)) return [word, `the ${last} on pages`];
    return [word, last.startsWith('options.') ? 'a choice of its input' : 'the sentence for a wrong value'];
  });
  return [
    ...ofKind,
    [`${key}.consent`, 'how the page that asks for consent lists it'],
    ...(form.hint ? [[`${key}.hint`, 'the hint above its input'] as [string, string]] : []),
    ...(guarded === 'no' ? [] : [[`${key}.mail`, 'how the mail about a change lists it'] as [string, string]]),
  ];
}

/** Says which words are to be added, and which are to be removed. */
function complaintsAboutWords(table: Table, language: Language, texts: Texts): string[] {
  const file = localeFile(language, 'profile');
  const there = keysOf(texts);
  const wanted = Object.entries(table).flatMap(([key, field]) =>
    wordsOf(key, field).map(([word, use]) => ({ key, use, word: `profile_fields.${word}` })),
  );
  const missing = wanted.filter(({ word }) => !there.includes(word));
  const idle = there.filter((word) => !wanted.some((one) => one.word === word));
  return [
    ...missing.map(({ key, word, use }) => `add "${word}" to ${file}: ${use} (claim "${key}" of ${TABLE_FILE})`),
    ...idle.map((word) => `remove "${word}" from ${file}: no claim of ${TABLE_FILE} uses it`),
  ];
}

const claimOf = ({ kind, example }: ProfileField<unknown>): unknown => (kind.toClaim ? kind.toClaim(example) : example);

const ADDED: ProfileField<unknown> = {
  kind: plainText(40),
  claim: { name: 'added', scope: 'profile' },
  about: 'What friends call the person',
  example: 'タロ',
  asked: { registration: 'no', account: 'optional' },
  form: { section: 'more', hint: true },
  guarded: 'identity',
  guessable: false,
};

describe('what an entry needs beside the table', () => {
  test.each(LANGUAGES)('words in %s, and no others', (language) => {
    expect(complaintsAboutWords(TABLE, language, textsIn(language, 'profile'))).toEqual([]);
  });

  test('a new claim without words is told which, where and what for', () => {
    const texts = textsIn('en', 'profile');
    const { gender: _, ...others } = texts.profile_fields as Texts;
    const { gender, ...table } = TABLE;
    expect(complaintsAboutWords({ ...table, added: ADDED }, 'en', { profile_fields: others })).toEqual([
      'add "profile_fields.added.label" to config/locales/en/profile.json: the name above its input (claim "added" of src/domain/profile-fields.ts)',
      ...['missing', 'characters', 'too_long'].map(
        (reason) =>
          `add "profile_fields.added.${reason}" to config/locales/en/profile.json: the sentence for a wrong value (claim "added" of src/domain/profile-fields.ts)`,
      ),
      'add "profile_fields.added.consent" to config/locales/en/profile.json: how the page that asks for consent lists it (claim "added" of src/domain/profile-fields.ts)',
      'add "profile_fields.added.hint" to config/locales/en/profile.json: the hint above its input (claim "added" of src/domain/profile-fields.ts)',
      'add "profile_fields.added.mail" to config/locales/en/profile.json: how the mail about a change lists it (claim "added" of src/domain/profile-fields.ts)',
    ]);
    expect(gender).toBeDefined();
    expect(complaintsAboutWords({}, 'en', { profile_fields: { gone: { label: 'Gone' } } })).toEqual([
      'remove "profile_fields.gone.label" from config/locales/en/profile.json: no claim of src/domain/profile-fields.ts uses it',
    ]);
  });

  test.each(LANGUAGES)('a place in the sentence about its scope, in %s', (language) => {
    const { t } = wordsIn(language);
    const complaints = PROFILE_KEYS.filter((key) => {
      const { scope } = PROFILE_FIELDS[key].claim;
      const sentence = t(`scopes.${scope}.description`, { claims: claimsInWords(scope, t) });
      return !sentence.includes(t(`profile_fields.${key}.consent`));
    }).map((key) => {
      const { scope } = PROFILE_FIELDS[key].claim;
      return `put {{claims}} into "scopes.${scope}.description" of ${localeFile(language, 'common-id')}: "${key}" is told by this scope`;
    });
    expect(complaints).toEqual([]);
  });

  test('a name that the log takes out', () => {
    const complaints = PROFILE_KEYS.filter((key) => {
      const lines: string[] = [];
      const log = createLog('test', 'info', { write: (line) => lines.push(line) });
      log.info({ [key]: 'canary', person: { [key]: 'canary' } }, 'told');
      return lines.join('').includes('canary') || !lines.join('').includes('told');
    }).map((key) => `add "${key}" to REDACTED in src/telemetry/log.ts: the claim "${key}" of ${TABLE_FILE} is about a person`);
    expect(complaints).toEqual([]);
  });
});

function wordsIn(language: Language) {
  const locales = fileURLToPath(new URL('config/locales', ROOT));
  return { language, t: createTranslator(locales, ['common', 'common-id', 'profile', 'passkeys', 'second-factor']).in(language) };
}

const render = createViewRenderer(fileURLToPath(new URL('views', ROOT)), true);
const examples = makeProfile((_key, { example }) => example);
/** The names of the inputs on a page that asks for these claims. */
function inputsOn(view: string, asked: ReturnType<typeof askFor>, known: Profile = {}): string[] {
  const { t } = wordsIn('ja');
  const values = profileFields(known);
  const sections = splitForm(asked, known, { values, errors: {} }, { language: 'ja', t, now: NOW });
  const policy = { min: 8, max: 20, symbols: '-' };
  const data = { ...formOf(asked), sections, values, prefilled: {}, reasons: {}, errors: {}, places: [], policy };
  const html = render(`common-id/${view}`, { ...data, prefectures: PREFECTURES, t, lang: 'ja', csrfToken: 'token', action: '/' });
  return [...html.matchAll(/<(?:input|select)\b[^>]*\bname="(\w+)"/g)].map((match) => match[1] as string);
}

describe.each(PROFILE_KEYS)('%s', (key) => {
  const { kind, claim, example, asked }: ProfileField<unknown> = PROFILE_FIELDS[key];
  const alone = { [key]: example };
  const askedAlone = (required: boolean) => askFor((one) => (one === key ? required : undefined));

  test('each page that asks for it shows its inputs', () => {
    const pages: [string, ReturnType<typeof askFor>, Profile][] = [
      ['required-profile', askedAlone(true), {}],
      ['account-profile', askFor(() => false), {}],
      ...(asked.registration === 'no' ? [] : [{}, examples]).map((known): (typeof pages)[number] => [
        'profile',
        profileAsked(false),
        known,
      ]),
    ];
    const complaints = pages.flatMap(([view, form, known]) => {
      const there = inputsOn(view, form, known);
      const missing = kind.fields(key).filter((field) => !there.includes(field));
      return missing.map(
        (field) =>
          `views/common-id/${view}.ejs has no input "${field}": show inputs of the kind "${kind.input}" in views/partials/profile-fields.ejs`,
      );
    });
    expect(complaints).toEqual([]);
  });

  test('its example comes back from the form as it was, and an empty form tells what is missing', () => {
    const typed = profileFields(alone);
    expect(Object.keys(typed).filter((field) => !kind.fields(key).includes(field))).toEqual([]);
    expect(readProfileForm(typed, askedAlone(true), NOW)).toEqual({ profile: alone, problems: {} });
    expect(readProfileForm({}, askedAlone(false), NOW)).toEqual({ profile: {}, problems: {} });
    const { profile, problems } = readProfileForm({}, askedAlone(true), NOW);
    expect(profile).toEqual({});
    expect(Object.keys(problems).length).toBeGreaterThan(0);
    // Every sentence about a wrong value is among the words that the languages must have.
    expect(Object.values(problems).filter((word) => !kind.words(key).includes(word))).toEqual([]);
  });

  test('clients are told it by its scope, and a legacy site hands it over under the same name', () => {
    const claims = profileClaims(alone);
    expect(claims).toMatchObject({ [claim.name]: claimOf(PROFILE_FIELDS[key]), ...claim.with });
    const opened: Record<string, readonly string[]> = CLAIMS_BY_SCOPE;
    expect(opened[claim.scope]).toEqual(expect.arrayContaining([claim.name, ...Object.keys(claim.with ?? {})]));
    const handedOver = parseLegacyProfile({ sub: 'x', [claim.name]: claims[claim.name] });
    expect(handedOver).toMatchObject({ ok: true, dropped: [], profile: { profile: alone } });
  });

  test.each(LANGUAGES)('a page shows its name and its value in %s', (language) => {
    const words = wordsIn(language);
    const rows = profileRows(examples, [key as ProfileKey], words).filter(({ field }) => field !== 'building');
    for (const { label, value, field } of rows) {
      expect(label).toBe(words.t(`profile_fields.${field === `${key}_year` ? key : field}.label`));
      expect(value).not.toMatch(/^$|profile_fields|\{\{/);
    }
    expect(rows.length).toBeGreaterThan(0);
  });
});
