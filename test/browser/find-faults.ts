// What is wrong with the layout of a page, at the width that it is shown in.
import type { Page } from 'playwright-core';
import { WHOLE_WORDS } from '../../src/http/keep-together.ts';

/** The words that belong together and stand on more than one line, as text for the page. */
const WORDS_APART = `
  const wordsApart = ({ childNodes }) => [...childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).flatMap((node) =>
    [...node.data.matchAll(/${[...WHOLE_WORDS, 'TOYOTA', 'LEXUS'].join('|')}/g)].flatMap(({ 0: word, index }) => {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = [...range.getClientRects()].map(({ bottom }) => bottom);
      return Math.max(...lines) - Math.min(...lines) > 8 ? [word] : [];
    }));`;

/** Finds words that are broken, sentences in which a whole word stands in a column of its own, and content that is wider than the window. */
export async function findFaults(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    ${WORDS_APART}
    // The name may break at its slash where no line has room for it, and never between letters.
    const apart = [...document.querySelectorAll('body *')].flatMap(wordsApart).map((word) => word + ' is broken');
    const holders = [...document.querySelectorAll('.whole')].map(({ parentElement }) => parentElement);
    const torn = holders
      .filter((holder) => /flex|grid/.test(getComputedStyle(holder).display))
      .map(({ textContent }) => textContent.trim() + ' is torn into columns');
    const sideways = document.documentElement.scrollWidth > window.innerWidth ? ['can be scrolled sideways'] : [];
    return [...apart, ...torn, ...sideways];
  })()`);
}
