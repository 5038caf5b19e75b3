// A person's full browser: Chromium in the size of a phone, with or without JavaScript.
import type { Browser, BrowserContext } from 'playwright-core';
import type { Driver } from './driver.ts';

const TIMEOUT_MS = 20_000;

export async function createChromiumDriver(browser: Browser, { javaScript }: { javaScript: boolean }): Promise<Driver> {
  const context = await browser.newContext({
    locale: 'ja-JP',
    javaScriptEnabled: javaScript,
    viewport: { width: 390, height: 844 },
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  return driverOf(context);
}

async function driverOf(context: BrowserContext): Promise<Driver> {
  const page = await context.newPage();
  const button = (name: string | RegExp) =>
    page.getByRole('button', { name }).or(page.getByRole('link', { name })).locator('visible=true').first();
  /** Does something that opens another page, and waits for that page and not for an earlier one. */
  const leave = async (act: () => Promise<void>): Promise<void> => {
    const asked = page.waitForRequest((request) => request.isNavigationRequest() && request.frame() === page.mainFrame());
    const shown = asked.then(async () => page.waitForEvent('framenavigated', (frame) => frame === page.mainFrame()));
    await Promise.all([shown, act()]);
  };
  return {
    open: async (url) => void (await page.goto(url)),
    back: async () => void (await page.goBack()),
    url: () => page.url(),
    heading: async () => (await page.locator('h1').first().innerText()).trim(),
    text: async () => page.locator('main').innerText(),
    async press(name) {
      await leave(async () => button(name).click());
      await page.waitForLoadState('domcontentloaded');
    },
    async pressTwice(name) {
      await leave(async () => button(name).dblclick());
      await page.waitForLoadState('networkidle');
    },
    async value(field) {
      const input = page.locator(`[name=${field}]`).first();
      return (await input.count()) ? input.inputValue() : undefined;
    },
    async fill(field, text) {
      const input = page.locator(`[name=${field}]`).first();
      // ⑦ shows what is known, and its fields after 変更.
      if (!(await input.isVisible())) await page.locator('details', { has: input }).locator('summary').click();
      await input.fill(text);
    },
    tick: async (field) => page.locator(`[name=${field}]`).check(),
    choose: async (field, option) => void (await page.locator(`[name=${field}]`).selectOption(option)),
    arrivesAt: async (origin) => page.waitForURL(`${origin}/**`),
    newTab: async () => driverOf(context),
    loseCookies: async (name) => context.clearCookies({ name: new RegExp(name) }),
    closeTab: async () => page.close(),
    close: async () => context.close(),
  };
}
