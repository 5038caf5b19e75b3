// Finds invisible characters, which the values of a profile must not contain.

// Control, format (zero width, bidirectional overrides), private use, unassigned and lone surrogates; line and paragraph
// separators; default ignorable characters. Text with them can look like other text, break lines in mails and logs, or run
// backwards.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

// In 葛󠄀 and 辻󠄀, as in family registers, a variation selector follows the Han character. This invisible character has a meaning.
const IDEOGRAPHIC_VARIATION = /(?<=\p{Script=Han})[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]/gu;

/** Whether a text contains an invisible character. Variation selectors after Han characters do not count. */
export function hasInvisibleCharacters(text: string): boolean {
  return INVISIBLE.test(text.replace(IDEOGRAPHIC_VARIATION, ''));
}
