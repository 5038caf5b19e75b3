// The sections of terms and privacy pages.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readSections } from '../../src/domain/read-sections.ts';

test('a heading begins a section, an empty line a paragraph; the lines of a paragraph are joined', () => {
  expect(readSections('Before.\n\n## One\nFirst\nparagraph.\n\nSecond.\n\n\n# Two\r\n\r\nThird.\r\n\r\n#hash\n')).toEqual([
    { heading: '', paragraphs: ['Before.'] },
    { heading: 'One', paragraphs: ['First paragraph.', 'Second.'] },
    { heading: 'Two', paragraphs: ['Third.', '#hash'] },
  ]);
  expect(readSections(' \n')).toEqual([]);
});

test.each(['terms/2026-04-01', 'privacy'])('the shipped text %s has the same sections in both languages', (name) => {
  const [ja = [], en = []] = ['ja', 'en'].map((language) => {
    const text = readFileSync(fileURLToPath(new URL(`../../config/${name}.${language}.md`, import.meta.url)), 'utf8');
    return readSections(text.replace(/^---[\s\S]*?---/, ''));
  });
  expect(ja.length).toBeGreaterThanOrEqual(10);
  expect(en.map(({ paragraphs }) => paragraphs.length)).toEqual(ja.map(({ paragraphs }) => paragraphs.length));
  expect([...ja, ...en].every(({ heading, paragraphs }) => heading !== '' && paragraphs.length > 0)).toBe(true);
});
