// Keeps words that belong together on one line. Browsers break lines between Japanese characters and between Japanese and Latin ones.

/** The words, as they stand in the texts. */
export const WHOLE_WORDS = ['共通ID', '整備手帳', 'common ID', 'Common ID'] as const;

/** A whole element whose text is no markup, a tag, or a text. */
const PIECES = /<(title|script|style|textarea|option)\b[\s\S]*?<\/\1>|<[^>]*>|[^<]+/g;
const WORDS = new RegExp(WHOLE_WORDS.join('|'), 'g');

/** How an element does not break: by the class of our style sheet on a page, and by its own style in a mail. */
const WHOLE = { page: 'class="whole"', mail: 'style="white-space:nowrap"' } as const;

/** The one word that is longer than a line of a phone at 200 %. There it breaks behind the slash, and not between letters. */
const LONG = /(?<=TOYOTA\/)(?=LEXUS)/g;

/** Puts each of the words of a page or a mail into an element that does not break. The text itself stays as it is. */
export function keepTogether(html: string, place: keyof typeof WHOLE = 'page'): string {
  const inText = (text: string): string => {
    const whole = text.replace(WORDS, (word) => `<span ${WHOLE[place]}>${word}</span>`);
    return place === 'page' ? whole.replace(LONG, '<span class="br"></span>') : whole;
  };
  return html.replace(PIECES, (piece) => (piece.startsWith('<') ? piece : inText(piece)));
}
