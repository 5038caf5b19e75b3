// A person at a browser, who checks every screen.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { GUIDE, type ScreenId } from '../journeys/guide-words.ts';
import { untilTrue } from '../support/until-true.ts';
import { findFaults } from './find-faults.ts';
import { findStumblingBlocks, readAloud } from './read-aloud.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
const HAS_ITS_STYLE = `document.fonts.status === 'loaded' && [...document.querySelectorAll('link[rel=stylesheet]')].every(({ sheet }) => sheet)`;
/** Pictures of the screens take time, and no test reads them. `npm run gallery` makes them of every page. */
const TAKES_PICTURES = process.env['PICTURES'] === '1';

/** A key without a text in this language, as it would appear on the page. */
const MISSING_TEXT = /(?<![\w./@-])[a-z]+(?:_[a-z]+)*(?:\.[a-z_0-9]+)+(?![\w@./-])/g;
/** Texts of the same shape that are not keys. */
const HOSTS = /\.(?:jp|example|com|json)$/;

export type VisitorOptions = {
  /** The folder of the pictures, in test-results/. */
  journey: string;
  javaScript?: boolean;
  /** The widths of the window in CSS pixels for the check of each screen: 360 is a phone. The last one is used to press and type. */
  widths?: number[];
  language?: 'ja' | 'en';
  /** Whether axe looks for barriers on a screen, if there is JavaScript; on all if left out. */
  asksAxe?: (screen: string) => boolean;
};

export type Visitor = {
  page: Page;
  javaScript: boolean;
  /** The pressed buttons, and how many window heights their lower edge is down the page: at least one. */
  pressed: { button: string; screens: number }[];
  /** The progress in the whole journey, as the checked screens show it. */
  progress: string[];
  /** Checks the current screen, and saves a picture if the tests run with PICTURES=1; `screen` names the guide's screen, whose words must be there. */
  look(name: string, screen?: ScreenId): Promise<void>;
  press(button: string): Promise<void>;
  follow(link: string): Promise<void>;
  fill(label: string, text: string): Promise<void>;
  /** The text of the page, as a person reads it. */
  text(): Promise<string>;
  close(): Promise<void>;
};

export async function createVisitor(browser: Browser, options: VisitorOptions): Promise<Visitor> {
  const { journey, javaScript = true, widths = [1280], language = 'ja', asksAxe = () => true } = options;
  const context = await browser.newContext({
    javaScriptEnabled: javaScript,
    viewport: sizeOf(widths.at(-1) as number),
    locale: language,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isStatus(message.text())) problems.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) problems.push(`${response.status()} ${response.url()}`);
  });
  if (TAKES_PICTURES) mkdirSync(`${RESULTS}/${journey}`, { recursive: true });
  let screens = 0;
  const pressed: Visitor['pressed'] = [];
  const progress: string[] = [];
  const pressAt = async (name: string, button: Locator): Promise<void> => {
    const { y, height } = (await button.boundingBox()) ?? { y: NaN, height: NaN };
    const lowerEdge = y + height + (await page.evaluate<number>('window.scrollY'));
    pressed.push({ button: name, screens: Math.max(1, lowerEdge / (page.viewportSize()?.height ?? NaN)) });
    await button.click();
  };

  return {
    page,
    javaScript,
    pressed,
    progress,
    async look(name, screen) {
      screens += 1;
      await page.locator('h1').waitFor();
      // Before the style sheet and the fonts are there, a page has another layout.
      await untilTrue(`${name} has its style`, async () => page.evaluate<boolean>(HAS_ITS_STYLE), {
        everyMs: 20,
        withinMs: 15_000,
      });
      for (const width of widths) {
        const at = { screen: name, width };
        if (widths.length > 1) await page.setViewportSize(sizeOf(width));
        const path = `${RESULTS}/${journey}/${String(screens).padStart(2, '0')}-${name}-${width}.jpg`;
        if (TAKES_PICTURES) await page.screenshot({ path, fullPage: true, type: 'jpeg', quality: 70 });
        const found = await readScreen(page);
        expect({ ...at, ...found.facts }).toEqual({ ...at, language, headings: 1 });
        expect({ ...at, faults: await findFaults(page) }).toEqual({ ...at, faults: [] });
        expect({ ...at, missing: missingTexts(found.text) }).toEqual({ ...at, missing: [] });
        expect({ ...at, contact: await page.locator('footer a[href="tel:0120000000"]').count() }).toEqual({ ...at, contact: 1 });
        if (screen) expect({ ...at, missing: missingWords(screen, found) }).toEqual({ ...at, missing: [] });
      }
      const [said] = await page.locator('#journey').allTextContents();
      if (said !== undefined) progress.push(said);
      if (javaScript && asksAxe(name)) {
        expect({ screen: name, axe: await findBarriers(page) }).toEqual({ screen: name, axe: [] });
        expect({ screen: name, stumbling: findStumblingBlocks(await readAloud(page)) }).toEqual({ screen: name, stumbling: [] });
      }
      expect({ screen: name, problems }).toEqual({ screen: name, problems: [] });
    },
    press: async (button) => pressAt(button, page.getByRole('button', { name: button, exact: true })),
    follow: async (link) => pressAt(link, page.getByRole('link', { name: link, exact: true })),
    fill: async (label, text) => page.getByLabel(label, { exact: true }).fill(text),
    text: async () => page.locator('body').innerText(),
    close: async () => context.close(),
  };
}

function sizeOf(width: number): { width: number; height: number } {
  return { width, height: width < 600 ? 740 : 900 };
}

/** Chromium reports every 4xx answer as failed, and forms with mistakes are such answers. */
function isStatus(text: string): boolean {
  return text.includes('the server responded with a status of 4');
}

type Screen = {
  text: string;
  headings: string[];
  labels: string[];
  buttons: string[];
  facts: { language: string | null; headings: number };
};

/** In one call of the page, because each call takes time. */
async function readScreen(page: Page): Promise<Screen> {
  return page.evaluate<Screen>(`(() => {
    const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
    return {
      text: document.body.innerText,
      headings: texts('h1, h2, h3'),
      labels: texts('label, legend, dt'),
      buttons: texts('button, a, summary'),
      facts: {
        language: document.documentElement.getAttribute('lang'),
        headings: texts('h1').length,
      },
    };
  })()`);
}

/** White space comes from the guide's line breaks and ours; we mark required fields in more places. */
const bare = (text: string): string => text.replace(/\s+|[*※]必須/g, '');

function missingWords(screen: ScreenId, found: Screen): string[] {
  const { headings, labels, buttons, texts } = GUIDE[screen];
  const isAmong = (list: string[]) => (word: string) => list.some((text) => bare(text) === bare(word));
  const all = bare([found.text, ...found.headings, ...found.labels].join(''));
  return [
    ...headings.filter((word) => !isAmong(found.headings)(word)).map((word) => `heading ${word}`),
    ...labels.filter((word) => !isAmong(found.labels)(word)).map((word) => `label ${word}`),
    ...buttons.filter((word) => !isAmong(found.buttons)(word)).map((word) => `button ${word}`),
    ...texts.filter((word) => !all.includes(bare(word))).map((word) => `text ${word}`),
  ];
}

function missingTexts(text: string): string[] {
  return (text.match(MISSING_TEXT) ?? []).filter((word) => !HOSTS.test(word));
}

/** The findings of axe in the light scheme, and those about colours in the dark scheme. */
async function findBarriers(page: Page): Promise<string[]> {
  const found: string[] = [];
  // As text of the evaluation and not as a script of the page, which its content security policy would refuse.
  await page.evaluate(AXE);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    const rules = scheme === 'dark' ? ['color-contrast'] : undefined;
    const violations = await page.evaluate(runAxe, rules);
    found.push(...violations.map((violation) => `${scheme}: ${violation}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

type Axe = {
  run(options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
};

async function runAxe(rules: string[] | undefined): Promise<string[]> {
  const { axe } = globalThis as unknown as { axe: Axe };
  const { violations } = await axe.run({
    // Of what is in order no details are collected.
    resultTypes: ['violations'],
    ...(rules && { runOnly: { type: 'rule', values: rules } }),
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`));
}
