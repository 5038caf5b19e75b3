// The files that are made from tables of the program are those in the project.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { withoutWordsInPages } from '../../scripts/generate/client-pages/pages.ts';
import { generatedFiles } from '../../scripts/generate/generated-files.ts';

const FRESH = 'as its table says';

test.each(Object.entries(await generatedFiles()))('%s is what its table says', (name, text) => {
  const stored = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  expect(`${name}: ${stored === text ? FRESH : 'not as its table says; run npm run generate, and commit what it writes'}`).toBe(
    `${name}: ${FRESH}`,
  );
});

test('docs/clients/ has words in both languages for every endpoint, claim, error, lifetime and key of a client’s file', () => {
  expect(withoutWordsInPages()).toEqual([]);
});
