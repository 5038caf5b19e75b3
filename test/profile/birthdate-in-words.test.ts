// A birth date as pages show it: in both calendars.
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createTranslator } from '../../src/http/translator.ts';
import { birthdateInWords } from '../../src/profile/profile-form.ts';

const words = createTranslator(fileURLToPath(new URL('../../config/locales', import.meta.url)), ['profile']);

test.each([
  ['1964-10-10', '西暦1964年10月10日（昭和39年）', '10 October 1964 (Shōwa 39)'],
  ['1989-01-07', '西暦1989年1月7日（昭和64年）', '7 January 1989 (Shōwa 64)'],
  ['1989-01-08', '西暦1989年1月8日（平成元年）', '8 January 1989 (Heisei 1)'],
  ['2019-05-01', '西暦2019年5月1日（令和元年）', '1 May 2019 (Reiwa 1)'],
  ['1912-07-29', '西暦1912年7月29日（明治45年）', '29 July 1912 (Meiji 45)'],
])('R15 %s is shown in both calendars: %s', (birthdate, ja, en) => {
  expect(birthdateInWords(birthdate, 'ja', words.in('ja'))).toBe(ja);
  expect(birthdateInWords(birthdate, 'en', words.in('en'))).toBe(en);
});
