// One line of typed text.
import { expect, test } from '@jest/globals';
import { parsePlainText } from '../../src/domain/plain-text.ts';

test.each([
  ['  田中 　 太郎 ', '田中 太郎'],
  ['か\u3099', 'が'],
  // 神 is one letter, and stays.
  ['\uFA19', '\uFA19'],
  ['葛\u{E0100}城', '葛\u{E0100}城'],
  ['<b>', '<b>'],
])('%j is read as %j', (input, text) => {
  expect(parsePlainText(input, 20)).toEqual({ ok: true, text });
});

test.each([
  ['', 'missing'],
  [' 　 ', 'missing'],
  ['a\nb', 'characters'],
  ['a\u200Bb', 'characters'],
  ['a\u202Eb', 'characters'],
  ['x\u{E0100}', 'characters'],
])('%j is refused: %s', (input, reason) => {
  expect(parsePlainText(input, 20)).toEqual({ ok: false, reason });
});

test('the length counts letters, not UTF-16 units, after spaces are removed', () => {
  expect(parsePlainText(`  ${'𠮷'.repeat(20)}  `, 20)).toEqual({ ok: true, text: '𠮷'.repeat(20) });
  expect(parsePlainText('𠮷'.repeat(21), 20)).toEqual({ ok: false, reason: 'too_long' });
});

test('a text that is ten times too long is refused before it is read', () => {
  expect(parsePlainText(' '.repeat(200), 20)).toEqual({ ok: false, reason: 'missing' });
  expect(parsePlainText(' '.repeat(201), 20)).toEqual({ ok: false, reason: 'too_long' });
});
