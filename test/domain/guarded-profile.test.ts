// Which profile changes need the password.
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

test('the same profile in other objects: none', () => {
  expect(changes(PROFILE, { ...PROFILE, address: { ...PROFILE.address } })).toEqual([]);
});

test('a recorded value that is changed or removed', () => {
  expect(changes(PROFILE, { ...PROFILE, family_name: '山本' })).toEqual(['family_name']);
  const { given_name: _gone, ...rest } = PROFILE;
  expect(changes(PROFILE, rest)).toEqual(['given_name']);
  expect(changes(PROFILE, { ...PROFILE, address: { region: '愛知県', locality: '岡崎市' } })).toEqual(['address']);
});

test('a change of the gender does not need it', () => {
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

describe('a value that was not on record', () => {
  test('can be added without the password', () => {
    expect(changes(PROFILE, { ...PROFILE, phone_number: '+819012345678' })).toEqual([]);
  });

  test('except for a birth date, from the second day of the ID on', () => {
    const born = { ...PROFILE, birthdate: '1990-01-01' };
    expect(changes(PROFILE, born, CREATED + DAY_MS - 1)).toEqual([]);
    expect(changes(PROFILE, born, CREATED + DAY_MS)).toEqual(['birthdate']);
    // No other claim is listed with it.
    expect(changes(PROFILE, { ...born, phone_number: '+819012345678' })).toEqual(['birthdate']);
  });

  test('on the first day, a recorded birth date still needs the password', () => {
    const born = { ...PROFILE, birthdate: '1990-01-01' };
    expect(changes(born, { ...born, birthdate: '1990-01-02' }, CREATED + 1)).toEqual(['birthdate']);
  });
});
