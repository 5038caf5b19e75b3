// 入庫予約: stored, shown, cancelled; refused if it is impossible.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { japanDay } from '../../../src/apps/owners-site/japan-day.ts';
import { formOn, headingOf, mainOf, type Answer, type Browser } from '../../support/http-browser.ts';
import { startSite, type TestSite } from './start-site.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PRIUS = 'JTDKB20U093500001';

let site: TestSite;
let browser: Browser;

beforeEach(async () => {
  site = await startSite();
  browser = (await site.signIn('tanaka')).browser;
});

afterEach(() => site.close());

const inDays = (days: number): string => japanDay(Date.now() + days * DAY_MS);

async function book(fields: Record<string, string> = {}): Promise<Answer> {
  const form = await browser.open(`${site.origin}/booking`);
  return browser.submit(formOn(form, '/booking'), {
    vin: PRIUS,
    work: 'oil_change',
    day: inDays(7),
    time: '10:30',
    note: '代車を希望します',
    ...fields,
  });
}

test('stores a booking and shows it, also on the top page', async () => {
  const answer = await book();
  expect(headingOf(answer)).toBe('入庫予約');
  for (const words of ['予約を受け付けました。', 'オイル交換', 'プリウス', '代車を希望します', '愛知トヨタ自動車株式会社']) {
    expect(mainOf(answer)).toContain(words);
  }
  expect(mainOf(await browser.open(`${site.origin}/`))).toContain('次回のご予約');
});

test('makes one booking for a form that is sent twice', async () => {
  await Promise.all([book(), book()]);
  const page = await browser.open(`${site.origin}/booking`);
  expect(page.text.split('/cancel"').length - 1).toBe(1);
});

test('accepts one booking for each vehicle and day, and a new one after it is cancelled', async () => {
  await book();
  const second = await book({ time: '14:30' });
  expect([second.status, mainOf(second)]).toEqual([422, expect.stringContaining('このお車は、その日にほかの予約があります。')]);
  expect((await book({ vin: 'JTMW43FV20D500002', time: '14:30' })).status).toBe(200);

  const page = await browser.open(`${site.origin}/booking`);
  const cancel = /action="(\/booking\/[^"]+\/cancel)"/.exec(page.text)?.[1] ?? '';
  await browser.submit(formOn(page, cancel));
  expect((await book({ time: '14:30' })).status).toBe(200);
});

test.each([
  ['vin', 'JTDKW9D300D500003', 'お車を選んでください。'],
  ['work', 'car_wash', 'ご用件を選んでください。'],
  ['day', '', 'ご希望日を'],
  ['day', '2026-02-30', 'ご希望日を'],
  ['day', inDays(0), 'ご希望日を'],
  ['day', inDays(91), 'ご希望日を'],
  ['time', '03:00', 'ご希望時間を選んでください。'],
  ['note', 'あ'.repeat(201), 'ご要望は200文字以内で入力してください。'],
])('refuses %s %j and keeps the rest', async (name, value, sentence) => {
  const answer = await book({ [name]: value });
  expect(answer.status).toBe(422);
  expect(mainOf(answer)).toContain(sentence);
  if (name !== 'note') expect(answer.text).toContain('代車を希望します');
});

test("cancels only a person's own bookings", async () => {
  const page = await book();
  const cancel = /action="(\/booking\/[^"]+\/cancel)"/.exec(page.text)?.[1] ?? '';
  const other = (await site.signIn('sato')).browser;
  const form = await other.open(`${site.origin}/booking`);
  const token = /csrf_token" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
  const body = new URLSearchParams({ csrf_token: token });
  expect((await other.send(`${site.origin}${cancel}`, { method: 'POST', body })).status).toBe(404);
  expect(mainOf(await browser.open(`${site.origin}/booking`))).toContain('オイル交換');
});

test('says why a person without a dealer cannot book', async () => {
  const ito = (await site.signIn('ito')).browser;
  const page = await ito.open(`${site.origin}/booking`);
  expect(mainOf(page)).toContain('担当の販売店が登録されていないため');
  expect(page.text).not.toContain('action="/booking"');
});
