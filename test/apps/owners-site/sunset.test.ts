// The last day of the owners site: a notice before it, and after it only the way to the common ID.
import { afterEach, expect, test } from '@jest/globals';
import { headingOf, mainOf } from '../../support/http-browser.ts';
import { startSite, type TestSite } from './start-site.ts';

let site: TestSite;

afterEach(() => site.close());

const at = (moment: string) => () => Date.parse(moment);

test.each([
  ['2026-12-01T12:00:00+09:00', 'あと30日'],
  ['2026-12-30T23:59:59+09:00', 'あと1日'],
  ['2026-12-31T23:59:59+09:00', '本日まで'],
])('at %s says %s', async (moment, words) => {
  site = await startSite({ sunset: '2026-12-31', clock: at(moment) });
  const { home } = await site.signIn('tanaka');
  expect(headingOf(home)).toBe('トップページ');
  expect(mainOf(home)).toContain('2026年12月31日木曜日をもってサービスを終了します。');
  expect(mainOf(home)).toContain(words);
});

test('after it there is only the way to the common ID', async () => {
  site = await startSite({ sunset: '2026-12-31', clock: at('2027-01-01T00:00:00+09:00') });
  const { browser, home } = await site.signIn('tanaka');
  expect(home.url).toBe(`${site.origin}/migration`);
  expect(mainOf(home)).toContain('サービスを終了しました');
  expect(mainOf(home)).toContain('新たにTOYOTA/LEXUSの共通IDを取得する');
  expect(home.text).not.toContain('href="/booking"');
  for (const path of ['/booking', '/notices/1']) {
    expect((await browser.send(`${site.origin}${path}`)).headers.location).toBe('/migration');
  }
});

test('without a last day there is no notice', async () => {
  site = await startSite();
  expect(mainOf((await site.signIn('tanaka')).home)).not.toContain('終了');
});
