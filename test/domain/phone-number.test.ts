// Telephone numbers (attack 20).
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { formatPhoneNumber, parsePhoneNumber } from '../../src/domain/phone-number.ts';

test.each([
  ['hyphens', '090-1234-5678'],
  ['no hyphens', '09012345678'],
  ['E.164', '+819012345678'],
  ['E.164 with the zero', '+81(0)90-1234-5678'],
  ['country code without +', '81 90 1234 5678'],
  ['full width', '０９０－１２３４－５６７８'],
  ['full-width plus', '＋８１９０１２３４５６７８'],
  ['long vowel marks for hyphens', '090ー1234ー5678'],
  ['half-width long vowel marks', '090ｰ1234ｰ5678'],
  ['minus signs', '090−1234−5678'],
  ['spaces', ' 090 1234 5678 '],
  ['full-width spaces', '090\u30001234\u30005678'],
  ['parentheses', '(090)1234-5678'],
])('one number in many ways: %s', (_, input) => {
  expect(parsePhoneNumber(input)).toEqual({ ok: true, phone_number: '+819012345678', mobile: true });
});

test.each([
  ['land line', '03-1234-5678', '+81312345678', false],
  ['the mobile numbers of 2026', '060-1234-5678', '+816012345678', true],
  ['IP telephone', '050-1234-5678', '+815012345678', false],
  ['another country', '+1 213 373 4253', '+12133734253', true],
])('%s', (_, input, number, mobile) => {
  expect(parsePhoneNumber(input)).toEqual({ ok: true, phone_number: number, mobile });
});

describe('refused', () => {
  test.each([
    ['nothing', '', 'missing'],
    ['spaces', ' \u3000', 'missing'],
    ['letters', '090-CALL-ME', 'characters'],
    ['an extension', '03-1234-5678 ext. 9', 'characters'],
    ['two numbers', '090-1234-5678,090-1234-5679', 'characters'],
    ['kanji digits', '〇九〇一二三四五六七八', 'characters'],
    ['control characters', '090\r\n12345678', 'characters'],
    ['an address', 'tanaka@example.jp', 'characters'],
    ['a digit short', '090-1234-567', 'not_a_number'],
    ['a digit long', '090-1234-56789', 'not_a_number'],
    ['not assigned', '090-0000-0001', 'not_a_number'],
    ['an emergency number', '110', 'not_a_number'],
    ['hyphens only', '---', 'not_a_number'],
    ['very long', '0'.repeat(100_000), 'not_a_number'],
  ])('%s', (_, input, reason) => {
    expect(parsePhoneNumber(input)).toEqual({ ok: false, reason });
  });
});

test('is shown with hyphens in Japan, with the country code elsewhere', () => {
  expect(formatPhoneNumber('+819012345678')).toBe('090-1234-5678');
  expect(formatPhoneNumber('+81312345678')).toBe('03-1234-5678');
  expect(formatPhoneNumber('+12133734253')).toBe('+1 213 373 4253');
  expect(formatPhoneNumber('')).toBe('');
});

test('the displayed number is read as the same number', () => {
  const mobile = fc
    .tuple(fc.constantFrom('70', '80', '90'), fc.integer({ min: 10_000_000, max: 99_999_999 }))
    .map((parts) => `+81${parts.join('')}`);
  fc.assert(
    fc.property(mobile, (number) => {
      expect(parsePhoneNumber(formatPhoneNumber(number))).toEqual({ ok: true, phone_number: number, mobile: true });
    }),
  );
});

test('any text gets an answer', () => {
  fc.assert(
    fc.property(unicodeText(), (input) => {
      const parsed = parsePhoneNumber(input);
      if (parsed.ok) expect(parsed.phone_number).toMatch(/^\+[1-9]\d{3,14}$/);
    }),
  );
});
