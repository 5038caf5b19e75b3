// Left, continued, pressed twice, gone back, in two tabs: a returning person finds the first missing page, and loses nothing.
import { describe, expect, it, jest } from '@jest/globals';
import { createHttpDriver } from './http-driver.ts';
import { codeFor, DEMO_PASSWORD, NEW_PASSWORD, WORDS, type Screen } from './traveller.ts';
import { inWorld } from './two-browsers.ts';
import { WAY } from './way-of-a-new-person.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

describe('abandoned at every screen', () => {
  inWorld(
    {},
    async () => createHttpDriver(),
    (journey) => {
      it('continues in the same browser at the first missing page, with all proofs, input and choices', async () => {
        const tanaka = await journey.person();
        const again = async (screen: Screen): Promise<void> => {
          await tanaka.continueFromBanner();
          await tanaka.isAt(screen);
        };
        await tanaka.signInAtOwnersSite('tanaka');
        await tanaka.begin('newId');
        await again('about');
        await tanaka.agree();
        await again('email');
        await tanaka.askForCode('taro@example.jp');
        await tanaka.isAt('code');
        // A code belongs to its request; the address is kept.
        await again('email');
        expect(await tanaka.value('email')).toBe('taro@example.jp');
        const { id } = await journey.world.nextMessage('taro@example.jp');
        await tanaka.askForCode();
        await tanaka.fill('code', await codeFor(journey.world, 'taro@example.jp', id));
        await tanaka.press(WORDS.next);
        await again('profile');
        await tanaka.fillProfile();
        await tanaka.fill('given_name', '次郎');
        await tanaka.press(WORDS.confirm);
        await again('confirm');
        expect(await tanaka.text()).toContain('次郎');
        await tanaka.press(WORDS.write);
        await tanaka.isAt('complete');
        await again('dealer');
        expect(await tanaka.text()).not.toContain('前回は');
        await tanaka.press(WORDS.link);
        // The choice is shown again, and counts when it is pressed again.
        const againBehindDealer = async (screen: Screen): Promise<void> => {
          await again('dealer');
          expect(await tanaka.text()).toContain('前回は、この販売店との連携をお選びになりました');
          await tanaka.press(WORDS.link);
          await tanaka.isAt(screen);
        };
        await againBehindDealer('login');
        expect(await tanaka.value('login_id')).toBe('taro@example.jp');
        await tanaka.signIn(undefined, NEW_PASSWORD);
        await againBehindDealer('required');
        await tanaka.fill('birthdate_year', '1994');
        await tanaka.press(WORDS.confirm);
        await againBehindDealer('required');
        expect(await tanaka.value('birthdate_year')).toBe('1994');
        await tanaka.press(WORDS.confirm);
        await tanaka.press(WORDS.write);
        await againBehindDealer('finalize');
        await again('finalize');
        await tanaka.arrives();
      });

      it('continues in another browser after another login at the owners site: with a new code, and no input of the first browser', async () => {
        let hanako = await journey.person();
        let mails = 0;
        const elsewhere = async (screen: Screen): Promise<void> => {
          hanako = await journey.person();
          await hanako.signInAtOwnersSite('suzuki');
          await hanako.continueFromBanner();
          await hanako.isAt(screen);
        };
        const prove = async (): Promise<void> => {
          await hanako.agree();
          expect(await hanako.value('email')).toBe('');
          await hanako.askForCode('hanako@example.jp');
          const { id } = await journey.world.nextMessage('hanako@example.jp', mails);
          await hanako.fill('code', await codeFor(journey.world, 'hanako@example.jp', mails));
          mails = id;
          await hanako.press(WORDS.next);
          await hanako.isAt('profile');
          // As the owners site has her data.
          expect(await hanako.value('family_name')).toBe('鈴木');
          expect(await hanako.value('given_name')).toBe('花子');
          expect(await hanako.value('building')).toBe('');
        };
        await hanako.signInAtOwnersSite('suzuki');
        await hanako.begin('newId');
        await elsewhere('about');
        await prove();
        await elsewhere('about');
        await prove();
        await hanako.fillProfile();
        await hanako.fill('building', '共通荘 2');
        await hanako.press(WORDS.confirm);
        await hanako.isAt('confirm');
        const first = hanako;
        await elsewhere('about');
        await prove();
        await hanako.fillProfile();
        await hanako.press(WORDS.confirm);
        await hanako.press(WORDS.write);
        // The browser that was left at ⑧ shows that the registration is done, and where to continue.
        await first.press(WORDS.write);
        expect(await first.heading()).toMatch('すでに登録されています');
        expect(await first.text()).toContain('別のブラウザーで先に共通IDの登録が行われました');
        await first.press('ログインへ進む');
        await first.isAt('dealer');
        await elsewhere('dealer');
        // A consent counts only in the browser in which it is given.
        await hanako.press(WORDS.link);
        await elsewhere('dealer');
        await hanako.press(WORDS.link);
        await hanako.signIn('hanako@example.jp', NEW_PASSWORD);
        await hanako.confirmRequired();
        await hanako.isAt('finalize');
        // Written: in another browser only the return is missing, and the person's identity.
        await elsewhere('login');
        await hanako.signIn('hanako@example.jp', NEW_PASSWORD);
        await hanako.arrives();
      });

      it('a person who cancels is back at the owners site with a plain sentence; the banner stays, and the choice is forgotten', async () => {
        const { world } = journey;
        const ito = await journey.person();
        const isCancelled = async (): Promise<void> => {
          await ito.isAt('cancelled');
          expect(ito.url()).toContain(world.origins.ownersSite);
          await ito.open(`${world.origins.ownersSite}/`);
          expect(await ito.text()).toContain('重要なお知らせ');
        };
        await ito.signInAtOwnersSite('ito');
        await ito.begin('newId');
        await ito.isAt('about');
        await ito.press('戻る');
        await isCancelled();

        // No dealer is known, so the person may look for one.
        await ito.begin('hasId');
        await ito.isAt('findDealer');
        await ito.fill('name', '福岡');
        await ito.choose('prefecture', '北海道');
        await ito.press('探す');
        expect(await ito.text()).toContain('当てはまる販売店は見つかりませんでした');
        await ito.choose('prefecture', '福岡県');
        await ito.press('探す');
        await ito.press('この販売店を選ぶ');
        await ito.isAt('dealer');
        expect(await ito.text()).toContain('福岡');
        await ito.press(/^戻る$/);
        await isCancelled();

        await ito.begin('hasId');
        await ito.isAt('findDealer');
        await ito.press('連携せずに進む');
        await ito.isAt('login');
        await ito.press('ログインせずに戻る');
        await isCancelled();

        await ito.begin('newId');
        await ito.register('ito@example.jp');
        await ito.isAt('findDealer');
        expect(await ito.text()).not.toContain('前回は');
        await ito.press('連携せずに進む');
        await ito.signIn(undefined, NEW_PASSWORD);
        await ito.isAt('required');
        await ito.press('登録せずに戻る');
        await isCancelled();

        await ito.continueFromBanner();
        await ito.press('連携せずに進む');
        await ito.confirmRequired();
        await ito.arrives();
        expect(await ito.text()).not.toContain('販売店との連携');
      });
    },
  );
});

describe('pressed twice, gone back, in two tabs', () => {
  inWorld(
    {},
    async () => createHttpDriver(),
    (journey) => {
      it('a button that is pressed twice works once', async () => {
        const { world } = journey;
        const tanaka = await journey.person();
        await tanaka.signInAtOwnersSite('tanaka');
        await tanaka.open(`${world.origins.ownersSite}/migration`);
        await tanaka.pressTwice(WORDS.newId);
        await tanaka.isAt('about');
        await tanaka.tick('terms');
        await tanaka.pressTwice(WORDS.register);
        await tanaka.isAt('email');
        await tanaka.pressTwice(WORDS.sendCode);
        await tanaka.isAt('code');
        await tanaka.fill('code', await codeFor(world, 'tanaka@example.jp'));
        await tanaka.pressTwice(WORDS.next);
        expect(await world.messages('tanaka@example.jp')).toHaveLength(1);
        await tanaka.fillProfile();
        await tanaka.pressTwice(WORDS.confirm);
        await tanaka.isAt('confirm');
        await tanaka.pressTwice(WORDS.write);
        await tanaka.isAt('complete');
        await tanaka.pressTwice(WORDS.next);
        await tanaka.isAt('dealer');
        await tanaka.pressTwice(WORDS.link);
        await tanaka.isAt('login');
        await tanaka.fill('password', NEW_PASSWORD);
        await tanaka.pressTwice(WORDS.login);
        await tanaka.isAt('required');
        await tanaka.pressTwice(WORDS.confirm);
        await tanaka.isAt('requiredConfirm');
        await tanaka.pressTwice(WORDS.write);
        await tanaka.isAt('requiredDone');
        await tanaka.pressTwice(WORDS.next);
        await tanaka.isAt('finalize');
        await tanaka.pressTwice('自動で遷移しない場合はこちら');
        await tanaka.arrives();
        expect((await world.messages('tanaka@example.jp')).filter(({ subject }) => subject.includes('連携'))).toHaveLength(1);
      });

      it('the back button leads to the current page, from every screen', async () => {
        const suzuki = await journey.person();
        await suzuki.signInAtOwnersSite('suzuki');
        await suzuki.begin('newId');
        const urls: string[] = [];
        for (const [screen, goOn] of WAY) {
          await suzuki.isAt(screen);
          const here = suzuki.url();
          for (const url of urls) {
            await suzuki.open(url);
            const { status, text } = suzuki.page();
            expect({ screen, url, status, error: text.includes('お問い合わせ番号') }).toEqual({
              screen,
              url,
              status: 200,
              error: false,
            });
            expect(suzuki.url()).toContain(journey.world.origins.id);
          }
          await suzuki.open(here);
          await suzuki.isAt(screen);
          urls.push(here);
          await goOn(suzuki, 'hanako@example.jp');
        }
        await suzuki.arrives();
        for (const url of urls) {
          await suzuki.open(url);
          // Over: nothing is asked again, and there is a link to the person's site.
          expect(suzuki.url()).toBe(`${journey.world.origins.ownersSite}/`);
        }
      });

      it('two tabs of one migration end with one ID and one link', async () => {
        const { world } = journey;
        const one = await journey.person();
        await one.signInAtOwnersSite('ito');
        await one.begin('newId');
        const two = await one.anotherTab();
        await two.begin('newId');
        await one.agree();
        await two.agree();
        await one.askForCode('makoto@example.jp');
        const { id } = await world.nextMessage('makoto@example.jp');
        await two.askForCode('makoto@example.jp');
        await two.fill('code', await codeFor(world, 'makoto@example.jp', id));
        await two.press(WORDS.next);
        await two.isAt('profile');
        // The question of the first tab is already answered in the second.
        await one.fill('code', '123456');
        await one.press(WORDS.next);
        await one.fillProfile();
        await one.press(WORDS.confirm);
        await two.fillProfile();
        await two.press(WORDS.confirm);
        await one.press(WORDS.write);
        await one.isAt('complete');
        await two.press(WORDS.write);
        await two.isAt('complete');
        await one.press(WORDS.next);
        await two.press(WORDS.next);
        await one.press(WORDS.withoutDealer);
        await one.signIn(undefined, NEW_PASSWORD);
        // The first tab has answered who the person is.
        await two.press(WORDS.withoutDealer);
        await two.confirmRequired();
        await two.arrivesAt(world.origins.ownersSite);
        await two.isAt('end');
        await one.confirmRequired();
        await one.arrivesAt(world.origins.ownersSite);
        await one.isAt('end');
      });

      it('two tabs that sign in as two people: the later one counts, and every page shows one of the two', async () => {
        const { world } = journey;
        const one = await journey.person();
        const two = await one.anotherTab();
        await one.open(`${world.origins.notebook}/login`);
        await two.open(`${world.origins.notebook}/login`);
        await one.isAt('login');
        await two.isAt('login');
        await one.signIn('yamada@example.jp', DEMO_PASSWORD);
        expect(one.url()).toContain(world.origins.notebook);
        await two.signIn('sato@example.jp', DEMO_PASSWORD);
        expect(two.url()).toContain(world.origins.notebook);
        expect(await two.text()).not.toContain('山田');
      });
    },
  );
});
