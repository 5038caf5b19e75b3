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
      it('R12 hours later every page goes on by itself, also when the journey takes more than a day', async () => {
        const { world } = journey;
        const tanaka = await journey.person();
        await tanaka.signInAtOwnersSite('tanaka');
        await tanaka.begin('newId');
        for (const [screen, goOn] of WAY) {
          await tanaka.isAt(screen);
          // A code lives for ten minutes.
          if (screen !== 'code') {
            await world.advance(4 * HOUR_MS);
            await tanaka.open(tanaka.url());
            await tanaka.isAt(screen);
          }
          await goOn(tanaka, 'tanaka@example.jp');
        }
        // The owners site's own login has ended meanwhile. It says so, and one login leads to the end.
        await tanaka.isAt('finalize');
        await tanaka.arrivesAt(world.origins.ownersSite);
        expect(tanaka.url()).toContain(`${world.origins.ownersSite}/callback`);
        await tanaka.signInAtOwnersSite('tanaka');
        await tanaka.continueFromBanner();
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
        // The request cannot start again without what was handed over, so the owners site says how to go on.
        expect(ito.url()).toContain(`${world.origins.ownersSite}/callback?error=invalid_request`);
        await ito.signInAtOwnersSite('ito');
        await ito.continueFromBanner();
        await ito.agree();
        await ito.isAt('email');
        expect(await ito.value('email')).toBe('ito@example.jp');
      });

      it('R12 days later nothing of the request is left: the page leads to the owners site, and the banner goes on', async () => {
        const { world } = journey;
        const ito = await journey.person();
        await ito.signInAtOwnersSite('ito');
        await ito.begin('newId');
        await ito.isAt('about');
        const page = ito.url();
        // Another tab, and another service.
        await ito.open(`${world.origins.notebook}/login`);
        await ito.isAt('login');
        await world.advance(72 * HOUR_MS);
        await ito.open(page);
        await ito.isAt('expired');
        expect(await ito.text()).toContain('元のサイトから始め直すと');
        await ito.press('トップページへ');
        expect(ito.url()).toContain(world.origins.ownersSite);
        await ito.signInAtOwnersSite('ito');
        await ito.continueFromBanner();
        await ito.isAt('about');
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
