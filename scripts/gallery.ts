// Takes screenshots of every page and every mail, also of the reference apps: npm run gallery [-- part-of-name …]. Leaf through them in test-results/gallery/index.html.
// Each is taken in both languages, in four widths, light and dark, and with the text at 200 %. Exits with 1 if a page can be scrolled
// sideways or breaks a word that belongs together.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { MAILS, type Mail, type MailName } from '../src/domain/mails.ts';
import { createTranslator } from '../src/http/translator.ts';
import { createViewRenderer } from '../src/http/view-renderer.ts';
import { LANGUAGES, type Language } from '../src/language.ts';
import { createMailRenderer } from '../src/mail/render-mail.ts';
import { findFaults } from '../test/browser/find-faults.ts';
import { renderSample, SUPPORT_PHONE, withTimesIn } from '../test/http/render-sample.ts';
import { operationsConsoleSamples } from '../test/http/operations-console-samples.ts';
import { demoClientSamples, viewSamples } from '../test/http/view-samples.ts';
import { findChromium } from './find-chromium.ts';
import { appPages } from './gallery/app-pages.ts';
import { galleryPage, type Picture } from './gallery/gallery-page.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const VIEWS = at('views');
const LOCALES = at('config/locales');
const RESULTS = at('test-results/gallery');
const WIDTHS = [320, 360, 768, 1280] as const;
const LOOKS = [
  { look: 'light', colorScheme: 'light', text: 100 },
  { look: 'dark', colorScheme: 'dark', text: 100 },
  { look: 'text 200 %', colorScheme: 'light', text: 200 },
] as const;

type Document = { name: string; language: Language; html: string };

const render = createViewRenderer(VIEWS, true);
const renderMail = createMailRenderer({ supportPhone: SUPPORT_PHONE });

function documentsIn(language: Language): Document[] {
  const pages = (files: string[], samplesOf: typeof viewSamples): Document[] => {
    const t = createTranslator(LOCALES, ['common', ...files]).in(language);
    return samplesOf(t, language).map((sample) => {
      const html = renderSample(render, sample, t, language, 'toyota');
      return { name: sample.name, language, html };
    });
  };
  const mails = (Object.keys(MAILS) as MailName[]).map((template) => {
    const mail = { template, values: MAILS[template].sample } as Mail;
    return { name: `mail ${template}`, language, html: withTimesIn(language, renderMail({ ...mail, language }).html) };
  });
  return [
    ...pages(['common-id', 'profile', 'passkeys', 'second-factor'], viewSamples),
    ...pages(['demo-clients'], demoClientSamples),
    ...pages(['operations-console', 'mail'], operationsConsoleSamples),
    ...mails,
  ];
}

/** Takes a document's screenshots, one after the other. */
async function photograph(
  page: Page,
  document: Document,
  { look, colorScheme, text }: (typeof LOOKS)[number],
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  await page.emulateMedia({ colorScheme });
  await page.unrouteAll();
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    // Stops pages that continue automatically.
    const body = document.html.replace('data-advance=', 'data-stays=');
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body });
    return pathname.startsWith('/assets/') ? route.fulfill({ path: `${VIEWS}${pathname}` }) : route.abort();
  });
  await page.goto('http://gallery.invalid/');
  if (text !== 100) await page.addStyleTag({ content: `html { font-size: ${text}% }` });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 740 });
    const file = `${document.name}-${document.language}-${look}-${width}.jpg`.replaceAll(/[ %]+/g, '-');
    await page.screenshot({ path: `${RESULTS}/${file}`, fullPage: true, type: 'jpeg', quality: 70 });
    const { name, language } = document;
    pictures.push({ name, language, look, width, file, faults: await findFaults(page) });
  }
  return pictures;
}

const executablePath = findChromium(process.env);
if (!executablePath) throw new Error('no Chromium found: install one, or set CHROMIUM_PATH');
const chosen = process.argv.slice(2);
const all = [...LANGUAGES.flatMap(documentsIn), ...(await appPages())];
const documents = all.filter(({ name }) => chosen.length === 0 || chosen.some((part) => name.includes(part)));
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ reducedMotion: 'reduce' });
const pictures: Picture[] = [];
for (const document of documents) {
  for (const look of LOOKS) pictures.push(...(await photograph(page, document, look)));
}
await browser.close();
writeFileSync(`${RESULTS}/index.html`, galleryPage(pictures));
for (const { file, faults } of pictures) for (const fault of faults) process.stdout.write(`NOT OK ${file}: ${fault}\n`);
process.stdout.write(`${pictures.length} pictures of ${documents.length} pages and mails: ${RESULTS}/index.html\n`);
if (pictures.length === 0 || pictures.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
