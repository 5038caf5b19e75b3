// Which changes of a profile need the password.
import { describe, expect, test } from '@jest/globals';
import type { Profile } from '../../src/domain/profile-fields.ts';
import { guardedChanges } from '../../src/domain/guarded-profile.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const CREATED = 1_000;
const PROFILE: Profile = {
  family_name: '田中',
  given_name: '太郎',
  gender: 'male',
  address: { region: '愛知県', locality: '豊田市' },
};

const changes = (before: Profile, after: Profile, now = CREATED + DAY_MS) =>
  guardedChanges(sampleAccount('a', { profile: before, created_at: CREATED }), after, now);

test('the same profile, also where its parts are other objects: nothing', () => {
  expect(changes(PROFILE, { ...PROFILE, address: { ...PROFILE.address } })).toEqual([]);
});

test('what was on record is another, or goes', () => {
  expect(changes(PROFILE, { ...PROFILE, family_name: '山本' })).toEqual(['family_name']);
  const { given_name: _gone, ...rest } = PROFILE;
  expect(changes(PROFILE, rest)).toEqual(['given_name']);
  expect(changes(PROFILE, { ...PROFILE, address: { region: '愛知県', locality: '岡崎市' } })).toEqual(['address']);
});

test('the gender is free', () => {
  expect(changes(PROFILE, { ...PROFILE, gender: 'female' })).toEqual([]);
});

test('everything changes: listed in the order of the mail, identity before contact data', () => {
  const before: Profile = { ...PROFILE, family_name_kana: 'タナカ', given_name_kana: 'タロウ', phone_number: '+819012345678' };
  const after: Profile = {
    address: { region: '愛知県', locality: '岡崎市' },
    gender: 'female',
    birthdate: '1990-01-01',
    phone_number: '+819012345679',
    given_name_kana: 'ジロウ',
    family_name_kana: 'ヤマモト',
    given_name: '次郎',
    family_name: '山本',
  };
  expect(changes(before, after)).toEqual([
    'family_name',
    'given_name',
    'family_name_kana',
    'given_name_kana',
    'birthdate',
    'phone_number',
    'address',
  ]);
});

describe('what was not on record', () => {
  test('is free', () => {
    expect(changes(PROFILE, { ...PROFILE, phone_number: '+819012345678' })).toEqual([]);
  });

  test('but for a birth date, from the second day of the ID on', () => {
    const born = { ...PROFILE, birthdate: '1990-01-01' };
    expect(changes(PROFILE, born, CREATED + DAY_MS - 1)).toEqual([]);
    expect(changes(PROFILE, born, CREATED + DAY_MS)).toEqual(['birthdate']);
    // Nothing else goes with it.
    expect(changes(PROFILE, { ...born, phone_number: '+819012345678' })).toEqual(['birthdate']);
  });

  test('and in the first day a birth date on record is guarded all the same', () => {
    const born = { ...PROFILE, birthdate: '1990-01-01' };
    expect(changes(born, { ...born, birthdate: '1990-01-02' }, CREATED + 1)).toEqual(['birthdate']);
  });
});
