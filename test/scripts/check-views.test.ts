// The linter of the views: each of its rules finds a view that breaks it, and the views that we ship break none.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkViews } from '../../scripts/check-views.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'views-'));
  mkdirSync(join(root, 'config/locales/ja'), { recursive: true });
  for (const [file, texts] of Object.entries({ common: { next: '次へ' }, shop: { shop: { title: '店' } } }))
    writeFileSync(join(root, `config/locales/ja/${file}.json`), JSON.stringify(texts));
  mkdirSync(join(root, 'views/shop'), { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true }));

const START = '<%# A page of the shop. %>\n';
const FORM = '<form method="post">';

test.each([
  ['raw output', `${START}<%- v.name %>`, '<%- v.name %> prints unescaped: use <%= %>; <%- %> is for include(…) alone'],
  ['raw output behind an include', `${START}<%- include('/a') + v.name %>`, 'prints unescaped'],
  ['no comment in the first line', '<p></p>', 'the first line says in a comment, <%# … %>, what the view shows'],
  ['a style', `${START}<p style="color: red"></p>`, 'style= is refused by the security policy: put it into views/assets/'],
  ['a handler', `${START}<a onclick="go()"></a>`, 'onclick= is refused by the security policy'],
  ['a script', `${START}<script>go()</script>`, '<script is refused by the security policy'],
  ['a form without its token', `${START}${FORM}</form>`, "1 posted forms, but 0 tokens: include('/partials/csrf') in each form"],
  ['a text that there is not', `${START}<%= v.t('shop.name') %>`, 'no text has the key shop.name: add it to config/locales/'],
])('%s is found', (_what, source, mistake) => {
  writeFileSync(join(root, 'views/shop/home.ejs'), source);
  expect(checkViews(root)).toEqual([expect.stringMatching(/^views\/shop\/home\.ejs: /)]);
  expect(checkViews(root)[0]).toContain(mistake);
});

test('a view that keeps the rules has no mistake', () => {
  const form = `${FORM}<%- include('/partials/csrf', { of: v.csrf(v.t('next')) }) %></form>`;
  writeFileSync(
    join(root, 'views/shop/home.ejs'),
    `${START}<h1><%= v.t('shop.title') %></h1>${form}<script src="/page.js"></script>`,
  );
  expect(checkViews(root)).toEqual([]);
});

test('the views of the project keep the rules', () => {
  expect(checkViews(fileURLToPath(new URL('../..', import.meta.url)))).toEqual([]);
});
