// The renderer escapes output, and EJS never reads options from a view's data.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createViewRenderer } from '../../src/http/view-renderer.ts';

let views: string;
beforeAll(() => {
  views = mkdtempSync(join(tmpdir(), 'views-'));
  writeFileSync(join(views, 'page.ejs'), `<p><%= v.name %></p><%- include('part', { shown: v.name }) %>`);
  writeFileSync(join(views, 'part.ejs'), '<b><%= v.shown %></b><i><%= v.name %></i>');
  writeFileSync(join(views, 'mail.text.ejs'), 'Dear <%= v.name %>');
});
afterAll(() => rmSync(views, { recursive: true }));

const HOSTILE = `"><script>alert(1)</script>'&<%= 7*7 %>`;
const ESCAPED = '&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;&lt;%= 7*7 %&gt;';

test('output of a view is escaped, also in included views; plain text of a mail is not', () => {
  const render = createViewRenderer(views, true);
  expect(render('page', { name: HOSTILE })).toBe(`<p>${ESCAPED}</p><b>${ESCAPED}</b><i>${ESCAPED}</i>`);
  expect(render('mail.text', { name: HOSTILE })).toBe(`Dear ${HOSTILE}`);
});

test('a changed view is shown at once in development, and only after a restart if views are cached', () => {
  const [fresh, kept] = [createViewRenderer(views, false), createViewRenderer(views, true)];
  const file = join(views, 'edited.ejs');
  writeFileSync(file, 'before');
  utimesSync(file, 1, 1);
  expect([fresh('edited', {}), kept('edited', {})]).toEqual(['before', 'before']);
  writeFileSync(file, 'afterwards');
  expect([fresh('edited', {}), kept('edited', {})]).toEqual(['afterwards', 'before']);
});
