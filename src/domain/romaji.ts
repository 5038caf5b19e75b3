// Spells a kana name in Latin letters, to find a person's name in their password.

const SYLLABLES: Record<string, string> = {};
const ROWS: [kana: string, spellings: string][] = [
  ['アイウエオ', 'a i u e o'],
  ['カキクケコ', 'ka ki ku ke ko'],
  ['サシスセソ', 'sa shi su se so'],
  ['タチツテト', 'ta chi tsu te to'],
  ['ナニヌネノ', 'na ni nu ne no'],
  ['ハヒフヘホ', 'ha hi fu he ho'],
  ['マミムメモ', 'ma mi mu me mo'],
  ['ヤユヨ', 'ya yu yo'],
  ['ラリルレロ', 'ra ri ru re ro'],
  ['ワヰヱヲン', 'wa i e o n'],
  ['ガギグゲゴ', 'ga gi gu ge go'],
  ['ザジズゼゾ', 'za ji zu ze zo'],
  ['ダヂヅデド', 'da ji zu de do'],
  ['バビブベボ', 'ba bi bu be bo'],
  ['パピプペポ', 'pa pi pu pe po'],
  ['ァィゥェォ', 'a i u e o'],
  ['ヴ', 'vu'],
];
for (const [kana, spellings] of ROWS) {
  const parts = spellings.split(' ');
  Array.from(kana).forEach((character, index) => {
    SYLLABLES[character] = parts[index] ?? '';
  });
}
const GLIDES: Record<string, string> = { ャ: 'ya', ュ: 'yu', ョ: 'yo' };

/**
 * Lists the usual spellings of a katakana name, in lower case: Hepburn with every vowel written (`satou`), Hepburn with long
 * vowels shortened (`sato`), and as typed on a keyboard (`syouta`).
 * @param kana full-width katakana; other characters are ignored
 */
export function romajiSpellings(kana: string): string[] {
  const hepburn = hepburnOf(kana);
  const long = [hepburn, keyboardOf(hepburn)];
  return [...new Set(long.flatMap((spelling) => [spelling, spelling.replace(/ou|oo/g, 'o').replace(/uu/g, 'u')]))].filter(
    Boolean,
  );
}

function hepburnOf(kana: string): string {
  let spelled = '';
  let doubled = false;
  for (const character of kana) {
    if (character === 'ッ') {
      doubled = true;
      continue;
    }
    const glide = GLIDES[character];
    if (glide) {
      // キ + ャ = kya, シ + ャ = sha, ジ + ャ = ja.
      spelled = spelled.replace(/i$/, '') + (/(?:sh|ch|j)i$/.test(spelled) ? glide.slice(1) : glide);
      continue;
    }
    const syllable = SYLLABLES[character] ?? '';
    // ッチ = tchi, ッカ = kka.
    spelled += (doubled ? (syllable.startsWith('ch') ? 't' : syllable.slice(0, 1)) : '') + syllable;
    doubled = false;
  }
  return spelled;
}

/** Turns shi, chi, tsu, fu, ji and their glides into the keyboard spellings si, ti, tu, hu, zi, sya. */
function keyboardOf(hepburn: string): string {
  return hepburn
    .replace(/sh(?=[auo])/g, 'sy')
    .replace(/sh/g, 's')
    .replace(/t?ch(?=[auo])/g, 'ty')
    .replace(/t?ch/g, 't')
    .replace(/ts/g, 't')
    .replace(/f/g, 'h')
    .replace(/j(?=[auo])/g, 'zy')
    .replace(/j/g, 'z');
}
