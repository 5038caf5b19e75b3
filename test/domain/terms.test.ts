// Which version of the terms is in force, and who has to agree to it.
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { agreeTo, lastAgreed, mustAgreeAgain, termsInForce } from '../../src/domain/terms.ts';

const at = (day: string, time = '00:00:00'): number => Date.parse(`${day}T${time}+09:00`);
const version = (name: string, effectiveFrom: string, material = true, language = 'ja') => ({
  version: name,
  effectiveFrom,
  material,
  language,
});
const TERMS = [
  version('2', '2026-04-01'),
  version('1', '2025-04-01'),
  version('3', '2026-10-01', false),
  version('4', '2027-04-01'),
  version('2', '2026-04-01', true, 'en'),
];
const agreed = (name: string, day: string) => ({ version: name, language: 'ja', accepted_at: at(day) });

describe('in force', () => {
  test.each([
    ['2026-03-31', '1'],
    ['2026-04-01', '2'],
    ['2026-10-01', '3'],
    ['2027-03-31', '3'],
  ])('on %s in Japan: version %s', (day, expected) => {
    expect(termsInForce(TERMS, 'ja', at(day)).version).toBe(expected);
  });

  test('in another language: the newest version in that language', () => {
    expect(termsInForce(TERMS, 'en', at('2026-12-01'))).toMatchObject({ version: '2', language: 'en' });
  });

  test('no version: an error', () => {
    expect(() => termsInForce(TERMS, 'en', at('2026-03-31', '23:59:59'))).toThrow('no terms in force in en');
  });
});

describe('to agree again', () => {
  test.each([
    ['1', '2025-05-01', '2026-03-31', false],
    ['1', '2025-05-01', '2026-04-01', true],
    ['2', '2026-05-01', '2026-12-01', false],
    ['2', '2026-05-01', '2027-04-01', true],
    ['3', '2026-11-01', '2027-03-31', false],
  ])('agreed to %s on %s; on %s: %s', (name, day, today, expected) => {
    expect(mustAgreeAgain(TERMS, [agreed(name, day)], at(today))).toBe(expected);
  });

  test('without any agreement: asked', () => {
    expect(mustAgreeAgain(TERMS, [], at('2025-04-01'))).toBe(true);
  });

  test('the latest version that was agreed to counts, in any order of agreement', () => {
    const both = [agreed('2', '2026-05-01'), agreed('1', '2026-06-01')];
    expect(mustAgreeAgain(TERMS, both, at('2026-12-01'))).toBe(false);
    expect(mustAgreeAgain(TERMS, both.toReversed(), at('2026-12-01'))).toBe(false);
  });

  test('if that version was removed, the day of the agreement counts', () => {
    expect(mustAgreeAgain(TERMS, [agreed('0', '2026-03-31')], at('2026-12-01'))).toBe(true);
    expect(mustAgreeAgain(TERMS, [agreed('0', '2026-04-01')], at('2026-12-01'))).toBe(false);
  });
});

describe('the text that was agreed to last', () => {
  test('by its time, in the requested language', () => {
    const both = [agreed('1', '2026-06-01'), agreed('2', '2026-05-01')];
    expect(lastAgreed(TERMS, both, 'ja')).toMatchObject({ version: '1', language: 'ja' });
    expect(lastAgreed(TERMS, [agreed('2', '2026-05-01')], 'en')).toMatchObject({ version: '2', language: 'en' });
  });

  test('none if it was removed, or if nothing was agreed to', () => {
    expect(lastAgreed(TERMS, [agreed('0', '2026-05-01')], 'ja')).toBeUndefined();
    expect(lastAgreed(TERMS, [], 'ja')).toBeUndefined();
  });
});

test('an agreement records the version and the hash of the text', () => {
  expect(agreeTo({ version: '2', language: 'ja', markdown: '# 規約' }, 5)).toEqual({
    version: '2',
    language: 'ja',
    sha256: createHash('sha256').update('# 規約').digest('hex'),
    accepted_at: 5,
  });
});
