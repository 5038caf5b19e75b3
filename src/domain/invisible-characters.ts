// Characters that nobody sees, and that no value of a person may therefore hold.

// Control, format (zero width, bidirectional overrides), private use, unassigned and lone surrogates; line and paragraph
// separators; whatever a font draws as nothing. Text with them looks like other text, breaks lines in mails and logs, or runs backwards.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

// 葛󠄀 and 辻󠄀 of a family register are a Han character with a variation selector behind it: the one invisible that means something.
const IDEOGRAPHIC_VARIATION = /(?<=\p{Script=Han})[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]/gu;

/** Whether a text holds a character that is not seen. Variation selectors of Han characters are not counted. */
export function hasInvisibleCharacters(text: string): boolean {
  return INVISIBLE.test(text.replace(IDEOGRAPHIC_VARIATION, ''));
}
