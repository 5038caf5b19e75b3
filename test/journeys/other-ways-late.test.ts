// Too late, or without cookies: every page says so and leads to the right place.
import { describe, expect, it, jest } from '@jest/globals';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import { createTraveller, HEADINGS, WORDS, type Screen } from './traveller.ts';
import { inWorld } from './two-browsers.ts';
import { WAY } from './way-of-a-new-person.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

const HOUR_MS = 60 * 60 * 1000;

describe('too late, or without cookies', () => {
  inWorld(
    {},
    async () => createHttpDriver(),
    (journey) => {
      it('an hour later every page says so and leads to the right place', async () => {
        const { world } = journey;
        const tanaka = await journey.person();
        const isExpired = async (): Promise<void> => {
          await tanaka.isAt('expired');
          expect(await tanaka.text()).toMatch(/お問い合わせ番号 \w+/);
          await tanaka.press('トップページへ');
          expect(tanaka.url()).toContain(world.origins.ownersSite);
        };
        await tanaka.signInAtOwnersSite('tanaka');
        await tanaka.begin('newId');
        for (const [screen, goOn] of WAY) {
          if (screen === 'code' || screen === 'requiredDone') continue;
          await tanaka.isAt(screen);
          await world.advance(HOUR_MS + 1000);
          await tanaka.open(tanaka.url());
          await isExpired();
          await tanaka.signInAtOwnersSite('tanaka');
          await tanaka.continueFromBanner();
          if (screen === 'complete') continue;
          // The link was chosen but not written: it is shown again.
          if (['login', 'required', 'requiredConfirm'].includes(screen)) await tanaka.press(WORDS.link);
          if (screen === 'requiredConfirm') await tanaka.press(WORDS.confirm);
          await goOn(tanaka, 'tanaka@example.jp');
          if (screen === 'email') await tanaka.typeCode('tanaka@example.jp');
        }
        await tanaka.isAt('requiredDone');
        // Too late, but nothing is lost, because 登録 was pressed in time.
        await world.advance(HOUR_MS + 1000);
        await tanaka.press(WORDS.next);
        await isExpired();
        await tanaka.signInAtOwnersSite('tanaka');
        await tanaka.continueFromBanner();
        await tanaka.press(WORDS.link);
        await tanaka.arrives();
      });

      it('a day later the draft is gone, and the registration begins again, prefilled', async () => {
        const { world } = journey;
        const ito = await journey.person();
        await ito.signInAtOwnersSite('ito');
        await ito.begin('newId');
        await ito.agree();
        await ito.askForCode();
        await ito.typeCode('ito@example.jp');
        await ito.isAt('profile');
        await world.advance(25 * HOUR_MS);
        await ito.fillProfile();
        await ito.press(WORDS.confirm);
        await ito.isAt('expired');
        await ito.signInAtOwnersSite('ito');
        await ito.continueFromBanner();
        await ito.agree();
        await ito.isAt('email');
        expect(await ito.value('email')).toBe('ito@example.jp');
      });

      it('any single cookie, or all, can be lost at any screen: the journey continues, or a page explains it and leads on', async () => {
        const { ownersSite } = journey.world.origins;
        const suzuki = await journey.person();
        const lost = new Set<string>();
        // ⑫ is a page of ⑪, and appears with the input from there.
        const beginsOf = (screen: Screen): string[] => [
          HEADINGS[screen],
          ...(screen === 'requiredConfirm' ? [HEADINGS.required] : []),
        ];
        /** Follows the link of an error page to the current screen. */
        const leadsOn = async (driver: HttpDriver, at: string): Promise<void> => {
          expect([at, await driver.text()]).toEqual([at, expect.stringMatching(/お問い合わせ番号 \w+/)]);
          await driver.press(/トップページへ|元の画面に戻る/);
          expect([at, driver.page().status, driver.url()]).toEqual([at, 200, expect.stringContaining(ownersSite)]);
          const again = createTraveller(driver, journey.world);
          await again.signInAtOwnersSite('suzuki');
          await again.continueFromBanner();
          const shown = await again.heading();
          expect([at, shown, Object.values(HEADINGS).some((heading) => shown.endsWith(heading))]).toEqual([at, shown, true]);
        };
        await suzuki.signInAtOwnersSite('suzuki');
        await suzuki.begin('newId');
        for (const [screen, goOn] of WAY) {
          await suzuki.isAt(screen);
          const url = suzuki.url();
          for (const name of new Set(suzuki.cookies().map((cookie) => cookie.name))) {
            if (!name.startsWith('common-id.')) continue;
            lost.add(name);
            const at = `${screen} without ${name}`;
            const reloading = suzuki.without(name);
            await reloading.open(url);
            const { status, text } = reloading.page();
            if (status === 400) await leadsOn(reloading, at);
            else expect([at, status, beginsOf(screen).some((heading) => text.includes(heading))]).toEqual([at, 200, true]);
          }
          // A form without the cookie that ties the page to this browser does nothing.
          for (const name of ['common-id.browser', 'common-id.browser.sig', 'common-id.csrf']) {
            // A browser's first values also stand in cookies of their own (R11).
            const own = suzuki.cookies().filter((cookie) => cookie.name.startsWith(`${name}.`));
            const without = own.reduce((driver, cookie) => driver.without(cookie.name), suzuki.without(name));
            const pressing = createTraveller(without, journey.world);
            await goOn(pressing, 'hanako@example.jp').catch((error: unknown) => {
              // The walk ends at an unknown page.
              expect(String(error)).toMatch(/expected|no field|nothing to press/);
            });
            expect([screen, name, [400, 403].includes(pressing.page().status)]).toEqual([screen, name, true]);
            await leadsOn(pressing, `${screen}, pressed without ${name}`);
          }
          await suzuki.open(url);
          await goOn(suzuki, 'hanako@example.jp');
        }
        await suzuki.isAt('finalize');
        expect([...lost]).toEqual(
          expect.arrayContaining(
            ['browser', 'csrf', 'interaction', 'request', 'session', 'device', 'browser.sig'].map((name) => `common-id.${name}`),
          ),
        );
        await suzuki.loseCookies('common-id.');
        await suzuki.open(suzuki.url());
        await suzuki.isAt('expired');
        await suzuki.press('トップページへ');
        expect(suzuki.url()).toContain(ownersSite);
      });

      it('a lost redirect leaves the page as it was for the next press', async () => {
        const sato = await journey.person();
        await sato.signInAtOwnersSite('sato');
        await sato.begin('hasId');
        await sato.isAt('dealer');
        await sato.loseCookies('common-id.resume');
        await sato.press(WORDS.link);
        await sato.isAt('dealer');
        await sato.press(WORDS.link);
        await sato.isAt('login');
      });

      it.each(['ja', 'en'])(
        "a link from another person or a bookmark leads somewhere, in the person's language: %s",
        async (language) => {
          const { id } = journey.world.origins;
          for (const path of [
            '/auth',
            '/auth/unknown',
            '/auth?client_id=nobody&response_type=code',
            '/auth?client_id=gazoo&response_type=code&scope=openid&redirect_uri=https://attacker.example/',
            '/auth?client_id=owners-site&request_uri=urn:ietf:params:oauth:request_uri:gone',
            '/auth?client_id=gazoo&client_id=gazoo',
            '/session/end',
            '/session/end?id_token_hint=x',
            '/session/end?post_logout_redirect_uri=https://attacker.example/',
            '/session/end/success',
            '/interaction/unknown/login',
            '/interaction/x',
            '/interaction',
            '/token',
          ]) {
            const lost = createHttpDriver({ language });
            await lost.open(`${id}${path}`);
            const { status, headers, text } = lost.page();
            const seen = {
              path,
              type: headers['content-type'],
              language: /<html lang="(\w+)"/.exec(text)?.[1],
              number: status < 400 || /(お問い合わせ番号|Reference number)\s+\w+/.test(await lost.text()),
              wayOn: lost.links().length + lost.forms().length > 0,
            };
            expect(seen).toEqual({ path, type: 'text/html; charset=utf-8', language, number: true, wayOn: true });
            if (language === 'en') expect(await lost.text()).not.toMatch(/[ぁ-ん]/);
          }
        },
      );
    },
  );
});
