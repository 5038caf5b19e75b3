// Dates of birth.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { dateInJapan, isDate, parseBirthdate } from '../../src/domain/birthdate.ts';

const TODAY = '2026-11-22';
const fields = (year: string, month: string, day: string) => ({ year, month, day });

test.each([
  ['plain', fields('1995', '12', '25'), '1995-12-25'],
  ['without zeros', fields('1995', '1', '5'), '1995-01-05'],
  ['full width', fields('１９９５', '１２', '２５'), '1995-12-25'],
  ['spaces', fields(' 1995 ', '12\u3000', '25'), '1995-12-25'],
  ['29 February', fields('2000', '2', '29'), '2000-02-29'],
  ['today', fields('2026', '11', '22'), '2026-11-22'],
  ['the first day', fields('1900', '1', '1'), '1900-01-01'],
])('%s', (_, input, birthdate) => {
  expect(parseBirthdate(input, TODAY)).toEqual({ ok: true, birthdate });
});

describe('refused', () => {
  test.each([
    ['nothing', fields('', '', ''), 'missing'],
    ['no day', fields('1995', '12', ' '), 'missing'],
    ['two digits of the year', fields('95', '12', '25'), 'syntax'],
    ['an era', fields('平成7', '12', '25'), 'syntax'],
    ['a sign', fields('1995', '-1', '25'), 'syntax'],
    ['long', fields('1995', '1'.repeat(100_000), '25'), 'syntax'],
    ['30 February', fields('1995', '2', '30'), 'not_a_date'],
    ['29 February of a common year', fields('1900', '2', '29'), 'not_a_date'],
    ['31 April', fields('1995', '4', '31'), 'not_a_date'],
    ['month 13', fields('1995', '13', '1'), 'not_a_date'],
    ['month 0', fields('1995', '0', '1'), 'not_a_date'],
    ['day 0', fields('1995', '1', '0'), 'not_a_date'],
    ['tomorrow', fields('2026', '11', '23'), 'future'],
    ['before 1900', fields('1899', '12', '31'), 'too_early'],
  ])('%s', (_, input, reason) => {
    expect(parseBirthdate(input, TODAY)).toEqual({ ok: false, reason });
  });
});

test('every day from 1900 to today is accepted', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('1900-01-01'), max: new Date('2026-11-22'), noInvalidDate: true }), (date) => {
      const input = fields(`${date.getUTCFullYear()}`, `${date.getUTCMonth() + 1}`, `${date.getUTCDate()}`);
      expect(parseBirthdate(input, TODAY)).toEqual({ ok: true, birthdate: date.toISOString().slice(0, 10) });
    }),
  );
});

test('any three texts get an answer, and each accepted value is a date', () => {
  const text = fc.oneof(unicodeText(), fc.integer({ min: -10, max: 3000 }).map(String));
  fc.assert(
    fc.property(text, text, text, (year, month, day) => {
      const parsed = parseBirthdate(fields(year, month, day), TODAY);
      if (parsed.ok) expect(isDate(parsed.birthdate)).toBe(true);
    }),
  );
});

test('in Japan the day begins nine hours before UTC', () => {
  expect(dateInJapan(Date.parse('2026-11-22T14:59:59Z'))).toBe('2026-11-22');
  expect(dateInJapan(Date.parse('2026-11-22T15:00:00Z'))).toBe('2026-11-23');
});
