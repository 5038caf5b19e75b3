// What ⑦ shows of a profile that is known in part.
import { describe, expect, test } from '@jest/globals';
import { makeProfile, type Profile } from '../../src/domain/profile-fields.ts';
import { profileAsked } from '../../src/interaction/create/flow.ts';
import { splitForm } from '../../src/profile/known-profile.ts';
import { profileFields } from '../../src/profile/profile-form.ts';

const everything = makeProfile((_key, { example }) => example);
const { family_name_kana: _family, given_name_kana: _given, ...withoutKana } = everything;
const { phone_number: _phone, ...withoutPhone } = everything;
const state = { language: 'ja' as const, now: Date.UTC(2026, 10, 1), t: (key: string) => key };

function split(known: Profile, { values = profileFields(known), errors = {}, ...rest } = {}) {
  const claims = (rows: { inputs: { claim: string }[] }[]): string[] => rows.flatMap(({ inputs }) => inputs.map((i) => i.claim));
  return splitForm(profileAsked(true), known, { values, errors, ...rest }, state).map((section) => ({
    name: section.name,
    known: claims(section.known),
    missing: claims(section.missing),
    open: section.open,
    facts: section.facts.map(({ value }) => value),
  }));
}

describe('R16', () => {
  test.each<[string, Profile, string[]]>([
    ['everything', everything, []],
    ['no kana', withoutKana, ['family_name_kana', 'given_name_kana']],
    ['one kana', { ...withoutKana, family_name_kana: 'タナカ' }, ['family_name_kana', 'given_name_kana']],
    ['no telephone number', withoutPhone, ['phone_number']],
    ['half an address', { ...everything, address: { region: '愛知県' } }, ['address']],
    ['a value that the form refuses', { ...everything, phone_number: '+81901' }, ['phone_number']],
    ['nothing', {}, ['family_name', 'given_name', 'family_name_kana', 'given_name_kana', 'phone_number', 'address']],
  ])('R16 known is %s: only the gaps are asked for', (_name, known, gaps) => {
    const sections = split(known);
    expect(sections.flatMap(({ missing }) => missing)).toEqual(gaps);
    expect(sections.map(({ open }) => open)).toEqual([false, false]);
  });

  test('R16 a change, an error or the link 変更 at ⑧: the fields of that section are shown, with what was typed', () => {
    const open = (shown: object) => split(everything, shown).flatMap(({ name, open: isOpen }) => (isOpen ? [name] : []));
    const typed = profileFields(everything);
    expect(open({})).toEqual([]);
    expect(open({ values: { ...typed, building: '共通荘 2' } })).toEqual(['address']);
    expect(open({ values: { ...typed, family_name: '' } })).toEqual(['person']);
    expect(open({ errors: { phone_number: 'wrong' } })).toEqual(['person']);
    expect(open({ edit: 'address' })).toEqual(['address']);
  });
});
