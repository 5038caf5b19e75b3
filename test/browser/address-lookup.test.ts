// The address by its postal code on every page that asks for one: ⑦, ⑪ and the account page, in Chromium with and without JavaScript
// (design/reality.md R9, R15).
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { createChromiumDriver } from '../journeys/chromium-driver.ts';
import type { Driver } from '../journeys/driver.ts';
import { codeFor, createTraveller, DEMO_PASSWORD, type Traveller } from '../journeys/traveller.ts';
import { launchChromium } from '../support/chromium.ts';
import { untilTrue } from '../support/until-true.ts';
import { startWorld, type World } from '../support/world.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

const OTHER_PREFECTURE = 'この郵便番号は京都府、大阪府のものです';
const CHOICE = 'この郵便番号の住所';

let world: World;
let browser: Browser;
beforeAll(async () => {
  const required = ['address', 'birthdate'].map((claim) => ({ claim, reason: { ja: '書類のお届け', en: 'To send you papers' } }));
  world = await startWorld({
    apps: ['mailbox', 'id'],
    env: { POST_SECRET: 'secret-of-the-post-0123456789abcdef' },
    clients: {
      post: {
        client_name: 'Post',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'POST_SECRET' },
        redirect_uris: ['http://127.0.0.1:9/callback'],
        scope: 'openid',
        common_id: { first_party: true, required_claims: required, contact: 'tests' },
      },
    },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

describe.each([true, false])('JavaScript %s', (javaScript) => {
  const drivers: Driver[] = [];
  afterAll(async () => Promise.all(drivers.map(async (driver) => driver.close())));
  async function newPerson(): Promise<Traveller> {
    const driver = await createChromiumDriver(browser, { javaScript });
    drivers.push(driver);
    return createTraveller(driver, world);
  }

  /** Opens the request of a service that requires an address. */
  async function openService(person: Traveller, more: Record<string, string> = {}): Promise<void> {
    const query = new URLSearchParams({
      client_id: 'post',
      redirect_uri: 'http://127.0.0.1:9/callback',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    });
    await person.open(`${world.origins.id}/auth?${query.toString()}`);
  }

  const addressOf = async (person: Traveller) =>
    Promise.all(['region', 'locality', 'street_address'].map(async (field) => person.value(field)));

  /** Types a code; the address follows by itself, or by the button where there is no script. */
  async function lookUp(person: Traveller, code: string, expected: string[]): Promise<void> {
    await person.fill('postal_code', code);
    if (!javaScript) await person.press('住所を自動入力');
    const tell = async () => addressOf(person);
    await untilTrue(`the address of ${code}`, async () => String(await addressOf(person)) === String(expected), { tell });
  }

  async function choose(person: Traveller, place: string): Promise<void> {
    await person.choose('place', place);
    if (!javaScript) await person.press('住所を自動入力');
  }

  /** The lookup in an empty address, with a house number that stays; then a prefecture that the code does not belong to is asked about once. */
  async function tryTheLookup(person: Traveller, submit: string | RegExp): Promise<void> {
    await lookUp(person, '471-0826', ['愛知県', '豊田市', 'トヨタ町']);
    await person.fill('street_address', 'トヨタ町1-2-3');
    await person.choose('region', '東京都');
    await person.press(submit);
    expect(await person.text()).toContain('この郵便番号は愛知県のものです');
    expect(await addressOf(person)).toEqual(['東京都', '豊田市', 'トヨタ町1-2-3']);
    await person.press(submit);
    expect(await person.text()).not.toContain('この郵便番号は愛知県のものです');
  }

  test('R9 ⑦: the lookup fills in empty fields and what it filled in itself; code and prefecture that differ are told', async () => {
    const person = await newPerson();
    await openService(person, { prompt: 'create' });
    const email = `aoi-${javaScript}@example.jp`;
    await person.agree();
    await person.askForCode(email);
    await person.fill('code', await codeFor(world, email));
    await person.press('次へ');
    await person.isAt('profile');
    await lookUp(person, '471-0826', ['愛知県', '豊田市', 'トヨタ町']);
    expect(await person.text()).not.toContain(CHOICE);
    // A house number stays when the postal code changes.
    await person.fill('street_address', '1-2-3');
    await lookUp(person, '100-0001', ['東京都', '千代田区', '1-2-3']);
    // A code of two prefectures: a choice, and nothing stays of the prefecture that the lookup filled in.
    await lookUp(person, '618-0000', ['', '', '1-2-3']);
    expect(await person.text()).toContain(CHOICE);
    await choose(person, '京都府乙訓郡大山崎町');
    await untilTrue('the chosen place', async () => (await person.value('region')) === '京都府');
    expect(await addressOf(person)).toEqual(['京都府', '乙訓郡大山崎町', '1-2-3']);
    await person.choose('region', '東京都');
    await person.press(/^確認$/);
    expect(await person.text()).toContain(OTHER_PREFECTURE);
    expect(await addressOf(person)).toEqual(['東京都', '乙訓郡大山崎町', '1-2-3']);
  });

  test('R9 R15 ⑪ and the account page: the same; the year of birth is typed as 昭和39 and shown in both calendars', async () => {
    const person = await newPerson();
    await openService(person);
    await person.signIn(javaScript ? 'sato@example.jp' : 'yamada@example.jp', DEMO_PASSWORD);
    await person.isAt('required');
    await emptyAddress(person);
    await person.fill('birthdate_year', '昭和39');
    await person.fill('birthdate_month', '10');
    await person.fill('birthdate_day', '10');
    await tryTheLookup(person, /^確認$/);
    await person.isAt('requiredConfirm');
    expect(await person.text()).toContain('西暦1964年10月10日（昭和39年）');

    await person.open(`${world.origins.id}/account/profile`);
    await emptyAddress(person);
    await tryTheLookup(person, '変更を登録');
    expect(await person.text()).toContain('お客様情報を変更しました');
  });

  async function emptyAddress(person: Traveller): Promise<void> {
    await person.choose('region', '');
    for (const field of ['locality', 'street_address']) await person.fill(field, '');
  }
});
