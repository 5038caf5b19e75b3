// The codes that devices show.
import { expect, test } from '@jest/globals';
import { makeUserCode, readUserCode, showUserCode } from '../../src/domain/user-code.ts';

test('a code has eight letters, is never the same, and is read as it is shown', () => {
  const codes = Array.from({ length: 500 }, makeUserCode);
  for (const code of codes)
    expect([code, readUserCode(showUserCode(code))]).toEqual([expect.stringMatching(/^[B-DF-HJKMNP-TV-XZ]{8}$/), code]);
  expect(new Set(codes).size).toBe(500);
  expect([...new Set(codes.join(''))].toSorted().join('')).toBe('BCDFGHJKMNPQRSTVWXZ');
});

test.each([
  'BCDFGHJK',
  'bcdf-ghjk',
  ' bcdf ghjk ',
  'ＢＣＤＦ－ＧＨＪＫ',
  'ｂｃｄｆ‐ｇｈｊｋ',
  'BCDFーGHJK',
  'BCDF−GHJK',
  'B-C-D-F-G-H-J-K',
  'BCDF　GHJK',
])('%p is read', (typed) => expect(readUserCode(typed)).toBe('BCDFGHJK'));

test.each(['', 'BCDFGHJ', 'BCDFGHJKM', 'BCDFGHJA', 'BCDFGHJL', 'BCDFGHJ0', 'BCDF/GHJK', 'BCDFGHJ\u0000', 'БCDFGHJK'])(
  '%p is none',
  (typed) => expect(readUserCode(typed)).toBeUndefined(),
);
