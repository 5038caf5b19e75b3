// Words that belong together, in the HTML of a page.
import { expect, test } from '@jest/globals';
import { keepTogether } from '../../src/http/keep-together.ts';

const whole = (word: string): string => `<span class="whole">${word}</span>`;

test.each([
  ['<h1>TOYOTA/LEXUSの共通IDでログイン</h1>', `<h1>TOYOTA/<span class="br"></span>LEXUSの${whole('共通ID')}でログイン</h1>`],
  ['<p>共通IDと共通ID</p>', `<p>${whole('共通ID')}と${whole('共通ID')}</p>`],
  ['<p>Your common ID</p>', `<p>Your ${whole('common ID')}</p>`],
  ['<p>MyTOYOTA整備手帳</p>', `<p>MyTOYOTA${whole('整備手帳')}</p>`],
])('R19 a word in a text: it stays whole in %s', (html, kept) => {
  expect(keepTogether(html)).toBe(kept);
});

test.each([
  '<title>共通IDでログイン</title>',
  '<input value="共通ID" aria-label="共通ID">',
  '<option value="a">TOYOTA/LEXUSの共通ID</option>',
  '<textarea>共通ID</textarea>',
  '<script>"共通ID"</script>',
])('R19 a place that takes no markup: %s stays as it is', (html) => {
  expect(keepTogether(html)).toBe(html);
});

test('R19 a word in a mail, which has no style sheet: the element says itself that it stays whole', () => {
  expect(keepTogether('<p>TOYOTA/LEXUS共通ID</p>', 'mail')).toBe(
    '<p>TOYOTA/LEXUS<span style="white-space:nowrap">共通ID</span></p>',
  );
});
