// ④–⑨: which page comes next, and which pages may be shown, according to the draft.
import { describe, expect, test } from '@jest/globals';
import { firstMissingPage, mayShow, profileAsked } from '../../src/interaction/create/flow.ts';
import type { RegistrationDraft } from '../../src/domain/registration-draft.ts';

const EMPTY = { id: 'd', version: 1, account_id: 'a', expires_at: 9 };
const AGREED = { ...EMPTY, terms: { version: '2', language: 'ja', accepted_at: 1 } };
const ADDRESSED = { ...AGREED, email: 'A@example.jp', email_canonical: 'a@example.jp' };
const PROVEN = { ...ADDRESSED, proven: { email_canonical: 'a@example.jp', browser: 'b', at: 2 } };
const COMPLETE = { ...PROVEN, profile: {}, password_hash: 'h', password_for: 'a@example.jp' };
const PRESSED = { ...COMPLETE, registering_at: 3 };
const REGISTERED = { ...PRESSED, registered_at: 4 };
const PAGES = ['about', 'email', 'code', 'profile', 'confirm', 'complete'] as const;

const missing = (draft: object, browserId = 'b') => firstMissingPage(draft as RegistrationDraft, '2', browserId);
const shown = (draft: object) => PAGES.filter((page) => mayShow(page, draft as RegistrationDraft, '2', 'b'));

describe('the first page without an answer', () => {
  test.each<[string, object, string]>([
    ['nothing yet', EMPTY, 'about'],
    ['other terms were agreed to', { ...COMPLETE, terms: { ...AGREED.terms, version: '1' } }, 'about'],
    ['agreed', AGREED, 'email'],
    ['an address', ADDRESSED, 'code'],
    ['another address was proven', { ...COMPLETE, proven: { ...PROVEN.proven, email_canonical: 'b@example.jp' } }, 'code'],
    ['proven', PROVEN, 'profile'],
    ['no password', { ...COMPLETE, password_hash: undefined }, 'profile'],
    ['no profile', { ...COMPLETE, profile: undefined }, 'profile'],
    ['everything', COMPLETE, 'confirm'],
    ['登録 was pressed, and the terms have changed since', { ...PRESSED, terms: undefined }, 'confirm'],
    ['registered', REGISTERED, 'complete'],
  ])('%s', (_, draft, page) => {
    expect(missing(draft)).toBe(page);
  });

  test('a proof counts only in its own browser', () => {
    expect(missing(COMPLETE, 'another')).toBe('code');
  });
});

test('earlier pages may be shown, until 登録 is pressed', () => {
  expect(shown(AGREED)).toEqual(['about', 'email']);
  expect(shown(COMPLETE)).toEqual(['about', 'email', 'code', 'profile', 'confirm']);
  expect(shown(PRESSED)).toEqual(['confirm']);
  expect(shown(REGISTERED)).toEqual(['complete']);
});

test('⑦ requires contact data if a dealer link was requested', () => {
  expect(profileAsked(false).get('phone_number')).toMatchObject({ required: false });
  expect(profileAsked(true).get('phone_number')).toMatchObject({ required: true });
  expect(profileAsked(false).get('family_name')).toMatchObject({ required: true });
});
