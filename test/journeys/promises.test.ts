// The promises of the journey, one by one.
import { describe, expect, it, jest } from '@jest/globals';
import type { Account } from '../../src/domain/account.ts';
import type { DealerLink } from '../../src/domain/dealer-link.ts';
import { pauseBefore } from '../../src/jobs/runner.ts';
import { documentsOf } from '../support/documents-of.ts';
import type { World } from '../support/world.ts';
import { untilTrue } from '../support/until-true.ts';
import { setFault } from './dealer-faults.ts';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import { DEMO_PASSWORD, NEW_PASSWORD, WORDS, type Traveller } from './traveller.ts';
import { inWorld, type Journey } from './two-browsers.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

const HOUR_MS = 60 * 60 * 1000;
const inHttpWorld = (options: Parameters<typeof inWorld>[0], journeys: (journey: Journey<HttpDriver>) => void): void =>
  inWorld(options, async () => createHttpDriver(), journeys);

const accounts = async (world: World): Promise<number> => (await documentsOf(world, 'accounts')).length;

/** The stored account with this address. */
async function accountOf(world: World, email: string): Promise<Account | undefined> {
  return (await documentsOf(world, 'accounts'))
    .map((document) => JSON.parse(document) as Account)
    .find((account) => account.email === email);
}

/** A user of the owners site who registers and comes to ⑭. */
async function comesToLink(journey: Journey<HttpDriver>, user: string, email: string): Promise<Traveller<HttpDriver>> {
  const person = await journey.person();
  await person.signInAtOwnersSite(user);
  await person.begin('newId');
  await person.register(email);
  await person.press(WORDS.link);
  await person.signIn(undefined, NEW_PASSWORD);
  await person.confirmRequired();
  await person.isAt('finalize');
  return person;
}

const bannerOf = async (person: Traveller<HttpDriver>, world: World): Promise<string> => {
  await person.open(`${world.origins.ownersSite}/`);
  const text = await person.text();
  return text.includes('重要なお知らせ') ? text : '';
};

describe('Promise 1: A confirmed press is never lost', () => {
  inHttpWorld({}, (journey) => {
    it.each([
      ['down', 'tanaka', 'aichi-toyota'],
      ['garbage', 'suzuki', 'tokyo-toyota'],
      ['reset', 'sato', 'osaka-toyota'],
    ] as const)(
      'closing the browser at ⑭ while the dealer is «%s» leads to the link once the dealer answers',
      async (fault, user, dealer) => {
        const { world } = journey;
        const email = `${user}-new@example.jp`;
        const failures = (): number => world.log().split('"event":"job.failed"').length;
        const before = failures();
        await setFault(world, dealer, fault);
        const person = await comesToLink(journey, user, email);
        expect(await person.text()).toContain('画面を閉じても、販売店連携情報の作成は続きます');
        await person.close();
        await untilTrue('tried twice', async () => failures() >= before + 2);
        await setFault(world, dealer, 'none');
        // The pauses between attempts have grown; the clock jumps over them.
        await world.advance(10 * 60_000);
        const mail = await world.nextMessage(email, (await world.messages(email))[0]?.id);
        expect(mail.subject).toContain('連携');
        const again = await journey.person();
        await again.open(`${world.origins.dealerSystem}/`);
        expect(again.page().text).toContain(dealer);
        const links = (await documentsOf(world, 'dealer_links')).map((document) => JSON.parse(document) as DealerLink);
        expect(links.filter((link) => link.dealer === dealer)).toMatchObject([{ status: 'active' }]);
      },
    );

    it('a dealer that does not answer delays nobody: the end page within 3 seconds, mails at once, and the notebook shows the state', async () => {
      const { world } = journey;
      await setFault(world, 'fukuoka-toyota', 'slow');
      const ito = await journey.person();
      await ito.signInAtOwnersSite('ito');
      await ito.begin('newId');
      await ito.register('ito@example.jp');
      await ito.isAt('findDealer');
      await ito.choose('prefecture', '福岡県');
      await ito.press('探す');
      await ito.press('この販売店を選ぶ');
      await ito.press(WORDS.link);
      await ito.signIn(undefined, NEW_PASSWORD);
      await ito.confirmRequired();
      await ito.isAt('finalize');
      await ito.arrives();
      // The dealer has not answered yet: the page continues after three seconds, and the dealer gets ten.
      expect(await ito.text()).toContain('販売店連携情報を作成中です。このまま画面を閉じても作成は続きます。');

      // A person who requests a code meanwhile gets it at once.
      const other = await journey.person();
      await other.signInAtOwnersSite('yamada');
      await other.open(`${world.origins.ownersSite}/forgotten-password`).catch(() => undefined);
      await other.open(`${world.origins.id}/password/forgotten`);
      await other.fill('email', 'yamada@example.jp');
      await other.press('認証番号を送信');
      await world.nextMessage('yamada@example.jp');

      await ito.open(`${world.origins.notebook}/login`);
      expect(await ito.text()).toContain('連携の手続き中です');
      expect(await bannerOf(ito, world)).toBe('');
    });

    it('when delivery gives up, the customer learns it by mail, in the banner, on the end page and in the notebook, and the log has it; one press starts it again', async () => {
      const { world } = journey;
      await setFault(world, 'fukuoka-toyota', 'down');
      await world.advance(73 * HOUR_MS);
      const mail = await world.nextMessage('ito@example.jp', (await world.messages('ito@example.jp'))[0]?.id);
      expect(mail.text).toContain('福岡');
      expect(world.log()).toMatch(/"event":"job.failed","kind":"deliver_dealer_link","outcome":"failed"/);

      const ito = await journey.person();
      await ito.signInAtOwnersSite('ito');
      const banner = await bannerOf(ito, world);
      expect(banner).toContain('販売店との連携');
      expect(banner).not.toContain('TOYOTA/LEXUSの共通IDの取得');
      await ito.open(`${world.origins.ownersSite}/migration/completed`);
      expect(await ito.text()).toContain('連携はまだ完了していません');
      // アプリをダウンロードされる方はこちら.
      await ito.press('Google Play');
      expect(ito.url()).toBe(`${world.origins.notebook}/app`);
      expect(await ito.text()).toContain('npm run demo -- phone-app');
      await ito.open(`${world.origins.notebook}/login`);
      await ito.signIn('ito@example.jp', NEW_PASSWORD);
      expect(await ito.text()).toContain('販売店との連携を完了できませんでした');

      await setFault(world, 'fukuoka-toyota', 'none');
      const before = (await world.messages('ito@example.jp'))[0]?.id;
      await ito.continueFromBanner();
      await ito.isAt('findDealer');
      await ito.choose('prefecture', '福岡県');
      await ito.press('探す');
      await ito.press('この販売店を選ぶ');
      await ito.press(WORDS.link);
      await ito.arrives();
      expect(await ito.text()).toContain('連携が完了しました');
      await world.nextMessage('ito@example.jp', before);
      expect(await bannerOf(ito, world)).toBe('');
    });
  });
});

describe('Promise 1: the pauses between tries', () => {
  it('double up to five minutes, and all are different', () => {
    for (let attempt = 1; attempt < 30; attempt += 1) {
      const most = Math.min(500 * 2 ** (attempt - 1), 5 * 60_000);
      const pauses = Array.from({ length: 50 }, () => pauseBefore(attempt));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(most / 2);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
      expect(new Set(pauses).size).toBeGreaterThan(10);
    }
  });
});

describe('Promises 2 to 6', () => {
  inHttpWorld({}, (journey) => {
    it('Promise 2: The banner tells the truth: it names the missing part and continues exactly there; if only the return was lost, one press finishes', async () => {
      const { world } = journey;
      const tanaka = await journey.person();
      await tanaka.signInAtOwnersSite('tanaka');
      const [id, login, required, dealer, end] = [
        'TOYOTA/LEXUSの共通IDの取得',
        'TOYOTA/LEXUSの共通IDでのログイン',
        'ご利用されるサービスに必要な情報の確認',
        '販売店との連携',
        '移行の完了（ボタンを押すだけで終わります）',
      ];
      const isMissing = async (...steps: (string | undefined)[]): Promise<void> => {
        const banner = await bannerOf(tanaka, world);
        expect([id, login, required, dealer, end].filter((step) => banner.includes(step as string))).toEqual(steps);
      };
      await isMissing();
      await tanaka.begin('newId');
      await isMissing(id, login, required, dealer, end);
      await tanaka.continueFromBanner();
      await tanaka.register('tanaka@example.jp');
      await isMissing(login, required, dealer, end);
      await tanaka.continueFromBanner();
      await tanaka.press(WORDS.link);
      await tanaka.signIn(undefined, NEW_PASSWORD);
      await isMissing(login, required, dealer, end);
      await tanaka.continueFromBanner();
      // The choice from before the browser was closed is shown again, and counts when it is pressed.
      await tanaka.press(WORDS.link);
      await tanaka.confirmRequired();
      await tanaka.isAt('finalize');
      await isMissing(end);
      await tanaka.continueFromBanner();
      await tanaka.arrives();
      expect(await bannerOf(tanaka, world)).toBe('');
    });

    it('Promise 3: No account exists before the address is proven and 登録 is pressed; then everything at once', async () => {
      const { world } = journey;
      const before = await accounts(world);
      const suzuki = await journey.person();
      await suzuki.signInAtOwnersSite('suzuki');
      await suzuki.begin('newId');
      await suzuki.agree();
      await suzuki.askForCode('hanako@example.jp');
      await suzuki.fill('code', '000000');
      await suzuki.press(WORDS.next);
      await suzuki.isAt('code');
      expect(suzuki.page().status).toBe(422);
      // No later page can be reached, and no later button pressed.
      const { pathname } = new URL(suzuki.url());
      for (const page of ['profile', 'confirm', 'complete']) {
        await suzuki.open(`${world.origins.id}${pathname.replace('/code', `/${page}`)}`);
        await suzuki.isAt('code');
      }
      await suzuki.typeCode('hanako@example.jp');
      await suzuki.fillProfile();
      await suzuki.press(WORDS.confirm);
      await suzuki.isAt('confirm');
      expect(await accounts(world)).toBe(before);
      await suzuki.press(WORDS.write);
      expect(await accounts(world)).toBe(before + 1);
      expect(await accountOf(world, 'hanako@example.jp')).toMatchObject({
        email: 'hanako@example.jp',
        email_verified_at: expect.any(Number),
        profile: { family_name: '鈴木', phone_number: '+819012340002', address: { locality: '新宿区' } },
        terms: [{ version: expect.any(String), accepted_at: expect.any(Number) }],
      });
    });

    it('Promise 4: Legacy data prefills fields, names its source, and never counts as verified', async () => {
      const { world } = journey;
      const ito = await journey.person();
      await ito.signInAtOwnersSite('ito');
      await ito.begin('newId');
      await ito.agree();
      expect(await ito.value('email')).toBe('ito@example.jp');
      expect(await ito.text()).toContain('トヨタオーナーズサイトの登録情報');
      await ito.askForCode();
      // The owners site's address is proven with a code like any other.
      await ito.typeCode('ito@example.jp');
      expect(await ito.value('family_name')).toBe('伊藤');
      // Said once, above all of it.
      expect((await ito.text()).split('トヨタオーナーズサイトの登録情報').length - 1).toBe(1);
      await ito.fillProfile();
      await ito.fill('family_name', '');
      await ito.press(WORDS.confirm);
      expect(ito.page().status).toBe(422);
      expect(await ito.value('given_name')).toBe('誠');
      await ito.fill('family_name', '井藤');
      await ito.fill('password', NEW_PASSWORD);
      await ito.press(WORDS.confirm);
      await ito.press(WORDS.write);
      const document = await accountOf(world, 'ito@example.jp');
      expect(document).toMatchObject({ profile: { family_name: '井藤' } });
      expect(document).not.toHaveProperty('phone_number_verified_at');
      expect(document).not.toHaveProperty('profile.birthdate');
    });

    it('Promise 5: Running the migration twice changes nothing', async () => {
      const { world } = journey;
      const snapshot = async (): Promise<string[][]> =>
        Promise.all((['accounts', 'dealer_links', 'migrations'] as const).map(async (name) => documentsOf(world, name)));
      const tanaka = await journey.person();
      // ③ was left open in a tab from before the migration: two forms of another person's session have the same fields.
      await tanaka.signInAtOwnersSite('sato');
      await tanaka.open(`${world.origins.ownersSite}/migration`);
      const tab = await tanaka.anotherTab();
      await tab.open(`${world.origins.ownersSite}/migration`);
      await tanaka.press(WORDS.hasId);
      await tanaka.press(WORDS.link);
      await tanaka.signIn('sato@example.jp', DEMO_PASSWORD);
      await tanaka.confirmRequired();
      await tanaka.arrives();
      await untilTrue('the dealer has accepted', async () => !(await snapshot()).join().includes('"status":"pending"'));
      await untilTrue('the person was told of the end', async () =>
        (await world.messages('sato@example.jp')).some(({ subject }) => subject.includes('移行が完了しました')),
      );
      const before = await snapshot();
      const mails = await world.messages();
      await tab.press(WORDS.hasId);
      await tab.arrives();
      await tab.back();
      await tab.isAt('end');
      expect(await snapshot()).toEqual(before);
      expect(await world.messages()).toHaveLength(mails.length);
    });

    it('Promise 6: English is complete, and everything works without JavaScript', async () => {
      const { world } = journey;
      const guest = createHttpDriver({ language: 'en' });
      const seen: string[] = [];
      for (const path of ['/', '/login', '/forgotten-id', '/forgotten-password', '/nowhere']) {
        await guest.open(`${world.origins.ownersSite}${path}`);
        seen.push(await guest.text());
      }
      for (const path of ['/', '/terms', '/privacy', '/nowhere', '/auth']) {
        await guest.open(`${world.origins.id}${path}`);
        expect(guest.page().text).toContain('lang="en"');
        seen.push(await guest.text());
      }
      // Japanese words on an English page are names.
      expect(seen.join(' ').replace(/日本語|お客様/g, '')).not.toMatch(/[ぁ-ん]{4,}/);
    });
  });
});

describe('the sunset date', () => {
  inHttpWorld({ env: { OWNERS_SITE_SUNSET: new Date(Date.now() + 10 * 24 * HOUR_MS).toISOString().slice(0, 10) } }, (journey) => {
    it('before it a notice shows the days left; after it there is only the way to the common ID', async () => {
      const { world } = journey;
      const ito = await journey.person();
      await ito.signInAtOwnersSite('ito');
      await ito.open(`${world.origins.ownersSite}/`);
      expect(await ito.text()).toMatch(/あと(9|10|11)日/);
      await ito.open(`${world.origins.ownersSite}/booking`);
      expect(ito.url()).toContain('/booking');
      await world.advance(12 * 24 * HOUR_MS);
      await ito.signInAtOwnersSite('ito');
      for (const path of ['/', '/booking']) {
        await ito.open(`${world.origins.ownersSite}${path}`);
        expect(ito.url()).toBe(`${world.origins.ownersSite}/migration`);
      }
      await ito.begin('hasId');
      await ito.press('連携せずに進む');
      await ito.signIn('sato@example.jp', DEMO_PASSWORD);
      await ito.confirmRequired();
      // The owners site has Ito's data, the ID is Sato's.
      await ito.isAt('otherPerson');
      await ito.press('本人のIDなので、このまま移行する');
      await ito.arrives();
      expect(await ito.text()).not.toContain('トヨタオーナーズサイトへ戻る');
    });
  });
});
