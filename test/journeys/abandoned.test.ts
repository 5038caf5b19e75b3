// Walks by people who do at every screen the things that the guide warns of: in Chromium one who goes back, closes the page, returns
// by the banner, and cancels; without JavaScript one who changes the browser. Both press everything twice. Each time the first missing
// page appears, with all proofs, input and choices. With FULL_FIGURES=1 the second person uses Chromium, too.
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { createChromiumDriver } from './chromium-driver.ts';
import type { Driver } from './driver.ts';
import { createHttpDriver } from './http-driver.ts';
import { codeFor, HEADINGS, NEW_PASSWORD, WORDS, type Screen, type Traveller } from './traveller.ts';
import { inWorld } from './two-browsers.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(240_000);

const HOUR_MS = 60 * 60 * 1000;

type Stop = {
  screen: Screen;
  /** The screen after a return by the banner, if it is another one. */
  again?: Screen;
  /** The link with the dealer was chosen but not written: ⑩ shows the choice first, and it is pressed again. */
  behindDealer?: true;
  /** The same in another browser. */
  elsewhere?: Screen;
  /** The contents of fields then. */
  kept?: Record<string, string>;
  /** The texts of the page then. */
  shows?: string;
  /** The link back to the owners site, if the screen has it. */
  cancel?: string | RegExp;
  goOn(person: Traveller): Promise<void>;
};

const pressTwice =
  (name: string | RegExp) =>
  async (person: Traveller): Promise<void> =>
    person.pressTwice(name);

/** ④ to ⑨ with their actions. Another browser begins with ④: no proof or input of the first one is in it. */
function registration(email: string, name: Record<string, string>): Stop[] {
  return [
    {
      screen: 'about',
      cancel: '戻る',
      async goOn(person) {
        await person.tick('terms');
        await person.pressTwice(WORDS.register);
      },
    },
    { screen: 'email', elsewhere: 'about', kept: { email }, goOn: pressTwice(WORDS.sendCode) },
    // A code belongs to its request; the address is kept.
    {
      screen: 'code',
      again: 'email',
      elsewhere: 'about',
      kept: { email },
      async goOn(person) {
        if ((await person.heading()).startsWith(HEADINGS.email)) await person.press(WORDS.sendCode);
        await person.isAt('code');
        await person.fill('code', await newestCode(email));
        await person.pressTwice(WORDS.next);
      },
    },
    {
      screen: 'profile',
      elsewhere: 'about',
      kept: name,
      async goOn(person) {
        await person.fillProfile();
        await person.fill('building', '共通荘 2');
        await person.pressTwice(WORDS.confirm);
      },
    },
    {
      screen: 'confirm',
      elsewhere: 'about',
      shows: '共通荘 2',
      async goOn(person) {
        // In two tabs: the second one answers the questions of the first.
        const tab = await person.anotherTab();
        await tab.open(person.url());
        await tab.pressTwice(WORDS.write);
        await tab.isAt('complete');
        await tab.closeTab();
        await person.press(WORDS.write);
      },
    },
  ];
}

/** Login to ⑫ with their actions; `dealer` is the screen of ⑩, with which another browser begins: a consent counts in one browser. */
function confirmation(email: string, year: string, dealer: Screen): Stop[] {
  return [
    {
      screen: 'login',
      behindDealer: true,
      elsewhere: dealer,
      cancel: 'ログインせずに戻る',
      kept: { login_id: email },
      async goOn(person) {
        await person.fill('password', NEW_PASSWORD);
        await person.pressTwice(WORDS.login);
      },
    },
    {
      screen: 'required',
      behindDealer: true,
      elsewhere: dealer,
      cancel: '登録せずに戻る',
      kept: { birthdate_year: year },
      async goOn(person) {
        await person.fill('birthdate_year', '1971');
        await person.pressTwice(WORDS.confirm);
      },
    },
    {
      screen: 'requiredConfirm',
      behindDealer: true,
      again: 'required',
      elsewhere: dealer,
      kept: { birthdate_year: '1971' },
      async goOn(person) {
        if (await person.value('birthdate_year')) await person.press(WORDS.confirm);
        await person.isAt('requiredConfirm');
        await person.pressTwice(WORDS.write);
      },
    },
  ];
}

let chromium: Browser;
let newestCode: (email: string) => Promise<string>;
beforeAll(async () => {
  chromium = await launchChromium();
});
afterAll(async () => chromium.close());

async function isAt(person: Traveller, screen: Screen, { kept = {}, shows = '' }: Pick<Stop, 'kept' | 'shows'>): Promise<void> {
  await person.isAt(screen);
  for (const [field, value] of Object.entries(kept))
    expect([screen, field, await person.value(field)]).toEqual([screen, field, value]);
  expect(await person.text()).toContain(shows);
}

/** The back button shows the previous page, or the current one; no error, and nobody is lost. */
async function goBack(person: Traveller): Promise<void> {
  await person.back();
  expect(await person.heading()).not.toMatch(`^(${HEADINGS.expired})?$`);
  expect(await person.text()).not.toContain('お問い合わせ番号');
}

async function closeAndComeBack(person: Traveller): Promise<Traveller> {
  const tab = await person.anotherTab();
  await person.closeTab();
  await tab.continueFromBanner();
  return tab;
}

inWorld<Driver>(
  {},
  async () => createChromiumDriver(chromium, { javaScript: true }),
  (journey) => {
    /** One for each mail, because older codes do not work. */
    const seen = new Map<string, number>();
    beforeAll(() => {
      newestCode = async (email) => {
        const code = await codeFor(journey.world, email, seen.get(email));
        seen.set(email, (await journey.world.messages(email))[0]?.id ?? 0);
        return code;
      };
    });

    it('with JavaScript: back, closed, cancelled, too late and pressed twice at every screen ④ to ⑭', async () => {
      const { world } = journey;
      const email = 'tanaka@example.jp';
      const way: Stop[] = [
        ...registration(email, { family_name: '田中', given_name: '太郎' }),
        // Its question is answered; the next page appears.
        { screen: 'complete', again: 'dealer', goOn: async (person) => person.isAt('dealer') },
        { screen: 'dealer', cancel: /^戻る$/, shows: '愛知トヨタ自動車株式会社', goOn: pressTwice(WORDS.link) },
        ...confirmation(email, '1995', 'dealer'),
      ];
      let person = await journey.person();
      await person.signInAtOwnersSite('tanaka');
      await person.begin('newId');
      for (const { screen, again = screen, behindDealer, cancel, goOn, ...rest } of way) {
        const isBack = async (shown: string): Promise<void> => {
          if (behindDealer) {
            await isAt(person, 'dealer', {});
            expect((await person.text()).includes('前回は、この販売店との連携をお選びになりました')).toBe(shown === 'kept');
            await person.press(WORDS.link);
          }
          await isAt(person, again, rest);
        };
        await person.isAt(screen);
        // The mail of the earlier code.
        if (screen === 'code') await newestCode(email);
        await goBack(person);
        person = await closeAndComeBack(person);
        await isBack('kept');
        if (cancel) {
          await person.press(cancel);
          await person.isAt('cancelled');
          await person.continueFromBanner();
          await isBack('cancelled');
        }
        if (screen === 'required') {
          // Somebody who has signed in has a day for a page.
          await world.advance(HOUR_MS + 1000);
        }
        await goOn(person);
      }
      // Written: only ⑩ again and ⑭ are missing, and ⑭ continues by itself.
      await person.isAt('requiredDone');
      await goBack(person);
      person = await closeAndComeBack(person);
      await person.isAt('dealer');
      await person.press(WORDS.link);
      await person.arrives();
      await person.open(`${world.origins.ownersSite}/`);
      expect(await person.text()).not.toContain('重要なお知らせ');
      const mails = await world.messages(email);
      expect(mails.filter(({ subject }) => subject.includes('認証番号'))).toHaveLength(2);
      expect(mails.filter(({ subject }) => subject.includes('連携')).length).toBeLessThanOrEqual(1);
    });

    it('without JavaScript: taken up in another browser, and pressed twice, at every screen ④ to ⑭; without a dealer', async () => {
      const { world } = journey;
      const email = 'ito@example.jp';
      const way: Stop[] = [
        ...registration(email, { family_name: '伊藤', given_name: '誠' }),
        { screen: 'complete', elsewhere: 'findDealer', goOn: pressTwice(WORDS.next) },
        {
          screen: 'findDealer',
          async goOn(person) {
            await person.choose('prefecture', '福岡県');
            await person.press('探す');
            await person.press('この販売店を選ぶ');
          },
        },
        { screen: 'dealer', elsewhere: 'findDealer', goOn: pressTwice(WORDS.withoutDealer) },
        ...confirmation(email, '1969', 'findDealer'),
        { screen: 'requiredDone', elsewhere: 'findDealer', goOn: pressTwice(WORDS.next) },
      ];
      const newDriver = async (): Promise<Driver> =>
        process.env.FULL_FIGURES ? createChromiumDriver(chromium, { javaScript: false }) : createHttpDriver();
      const newPerson = async (): Promise<Traveller> => journey.travel(await newDriver());
      const [person, other] = [await newPerson(), await newPerson()];
      await person.signInAtOwnersSite('ito');
      await person.begin('newId');
      for (const { screen, elsewhere = screen, goOn, ...rest } of way) {
        await person.isAt(screen);
        // A browser without cookies is another one.
        await other.loseCookies('');
        await other.signInAtOwnersSite('ito');
        await other.press(WORDS.goOn);
        await isAt(other, elsewhere, elsewhere === screen ? rest : {});
        await goOn(person);
      }
      await person.arrives();
      await person.open(`${world.origins.ownersSite}/`);
      expect(await person.text()).not.toContain('重要なお知らせ');
      expect(
        (await world.messages(email)).map(({ subject }) => subject).filter((subject) => /認証番号|連携/.test(subject)),
      ).toHaveLength(1);
    });
  },
);
