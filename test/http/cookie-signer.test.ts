// Cookie signatures are the same as keygrip's, so that an update signs nobody out.
import { expect, test } from '@jest/globals';
import { createCookieSigner } from '../../src/http/cookie-signer.ts';

const DATA = 'name=value?>~';
/** Made with keygrip 1.1. */
const BY_FIRST = 'sfbAKjzKw23--ExlxZUYw6B3iJM';
const BY_SECOND = 'yP_h_ruXUL7tYZSVgyrGvg1VB-s';

const signer = createCookieSigner(['a-first-key-of-the-test', 'another']);

test('the first key signs, all keys verify', () => {
  expect(signer.sign(DATA)).toBe(BY_FIRST);
  expect([BY_FIRST, BY_SECOND].map((signature) => signer.index(DATA, signature))).toEqual([0, 1]);
  expect(signer.verify(DATA, BY_SECOND)).toBe(true);
});

test.each(['', 'x', BY_FIRST.slice(1), `${BY_FIRST}=`, BY_FIRST.toLowerCase()])('%p is no signature', (signature) => {
  expect(signer.index(DATA, signature)).toBe(-1);
  expect(signer.verify(DATA, signature)).toBe(false);
});
