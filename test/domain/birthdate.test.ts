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

test.each([
  ['昭和39', '1964'],
  ['S39', '1964'],
  ['s39', '1964'],
  ['Ｓ３９', '1964'],
  ['S.39', '1964'],
  ['昭和 39年', '1964'],
  ['昭39', '1964'],
  ['㍼39', '1964'],
  ['平成2', '1990'],
  ['平成２年', '1990'],
  ['平2', '1990'],
  ['H2', '1990'],
  ['H02', '1990'],
  ['㍻2', '1990'],
  ['令和元', '2019'],
  ['令和元年', '2019'],
  ['令和1', '2019'],
  ['R1', '2019'],
  ['㋿1', '2019'],
  ['大正14', '1925'],
  ['T14', '1925'],
  ['明治33', '1900'],
  ['M33', '1900'],
  ['西暦1964', '1964'],
  ['1964年', '1964'],
])('R15 %s as the year of birth: it is the year %s', (typed, year) => {
  expect(parseBirthdate(fields(typed, '10', '10'), TODAY)).toEqual({ ok: true, birthdate: `${year}-10-10` });
});

test.each([
  ['the last day of 昭和', fields('昭和64', '1', '7'), '1989-01-07'],
  ['the day after it', fields('昭和64', '1', '8'), 'not_in_era'],
  ['the day before 平成', fields('平成元', '1', '7'), 'not_in_era'],
  ['the first day of 平成', fields('平成元', '1', '8'), '1989-01-08'],
  ['the last day of 平成', fields('平成31', '4', '30'), '2019-04-30'],
  ['the day before 令和', fields('令和元', '4', '30'), 'not_in_era'],
  ['the first day of 昭和', fields('昭和元', '12', '25'), '1926-12-25'],
  ['the last day of 大正', fields('大正15', '12', '24'), '1926-12-24'],
  ['a year that 昭和 never had', fields('昭和65', '1', '1'), 'not_in_era'],
  ['no year', fields('昭和0', '12', '31'), 'not_in_era'],
  ['a year that 令和 has not had yet', fields('令和9', '1', '1'), 'future'],
  ['before 1900', fields('明治32', '1', '1'), 'too_early'],
  ['no such day', fields('昭和39', '2', '30'), 'not_a_date'],
  ['an era alone', fields('昭和', '2', '3'), 'syntax'],
  ['another letter', fields('X39', '2', '3'), 'syntax'],
  ['three digits', fields('昭和039', '2', '3'), 'syntax'],
  ['two eras', fields('昭和平成2', '2', '3'), 'syntax'],
])('R15 %s', (_, input, answer) => {
  const parsed = parseBirthdate(input, TODAY);
  expect(parsed.ok ? parsed.birthdate : parsed.reason).toBe(answer);
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
