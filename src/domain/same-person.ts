// Checks whether a legacy site and an ID have the same person, as far as their data can be compared.
import type { Profile } from './account.ts';
import { romajiSpellings } from './romaji.ts';

/** Which values differ. A value that only one side has does not count as different. */
export type Difference = { name: boolean; birthdate: boolean };

/**
 * Compares names and birth dates. Two names match if they match in any script that both have: in old or new forms of the
 * characters, in kana of any kind and width, or in any spelling of the kana in Latin letters. Spaces and the order of the parts
 * do not matter.
 */
export function differenceOf(handedOver: Profile, ofAccount: Profile): Difference {
  const [one, other] = [handedOver.birthdate, ofAccount.birthdate];
  return { name: namesDiffer(handedOver, ofAccount), birthdate: one !== undefined && other !== undefined && one !== other };
}

/** A part of a name, as written and in kana. */
type Name = { written?: string | undefined; kana?: string | undefined };

function namesDiffer(a: Profile, b: Profile): boolean {
  const [familyA, givenA, familyB, givenB] = [family(a), given(a), family(b), given(b)];
  // Family name last, or everything in one field.
  const whole = compare(join(familyA, givenA), join(familyB, givenB));
  const turned = compare(join(familyA, givenA), join(givenB, familyB));
  if (whole === 'same' || turned === 'same') return false;
  return compare(familyA, familyB) === 'different' || compare(givenA, givenB) === 'different';
}

const family = ({ family_name: written, family_name_kana: kana }: Profile): Name => ({ written, kana });
const given = ({ given_name: written, given_name_kana: kana }: Profile): Name => ({ written, kana });
function join(first: Name, second: Name): Name {
  return { written: `${first.written ?? ''}${second.written ?? ''}`, kana: `${first.kana ?? ''}${second.kana ?? ''}` };
}

/** `unknown` if the two have no script in common. */
function compare(a: Name, b: Name): 'same' | 'different' | 'unknown' {
  const [one, other] = [writingsOf(a), writingsOf(b)];
  let comparable = false;
  for (const script of ['han', 'kana', 'latin'] as const) {
    const [ofOne, ofOther] = [one[script], other[script]];
    if (ofOne === undefined || ofOther === undefined) continue;
    if (ofOne === ofOther) return 'same';
    comparable = true;
  }
  // One in Latin letters, the other in kana: by sound.
  for (const [latin, reading] of [
    [one.latin, other.reading],
    [other.latin, one.reading],
  ]) {
    if (latin === undefined || reading === undefined) continue;
    if (romajiSpellings(reading).some((spelling) => soundOf(spelling) === soundOf(latin))) return 'same';
    comparable = true;
  }
  return comparable ? 'different' : 'unknown';
}

type Writings = { han?: string; kana?: string; latin?: string; reading?: string };

function writingsOf({ written = '', kana = '' }: Name): Writings {
  const folded = fold(written);
  const reading = [fold(kana), folded].find((text) => /^[ァ-ヺー]+$/.test(text));
  const isLatin = /^[a-z]+$/.test(folded);
  return {
    ...(folded !== '' && folded !== reading && !isLatin && { han: folded }),
    ...(reading !== undefined && { kana: kanaKey(reading), reading }),
    ...(isLatin && { latin: folded }),
  };
}

/**
 * Removes differences that do not make another name: width, case, accents, spaces, separators, hiragana, and old character forms.
 */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[̀-ͯ]/g, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s・･.'’,‐-―-]/gu, '')
    .replace(/[ぁ-ゖ]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0x60))
    .replace(/./gu, (character) => NEWER_FORM.get(character) ?? character);
}

/** Makes kana comparable: old systems have no small kana, and people write long vowels and voiced kana in two ways. */
function kanaKey(kana: string): string {
  return kana
    .replace(/[ァィゥェォッャュョヮヵヶ]/g, (small) => LARGE[SMALL.indexOf(small)] ?? small)
    .replace(/ヅ/g, 'ズ')
    .replace(/ヂ/g, 'ジ')
    .replace(/ヲ/g, 'オ')
    .replace(/ー/g, '')
    .replace(/([オコソトノホモヨロゴゾドボポ])[ウオ]/g, '$1')
    .replace(/([ウクスツヌフムユルグズブプ])ウ/g, '$1');
}
const SMALL = 'ァィゥェォッャュョヮヵヶ';
const LARGE = 'アイウエオツヤユヨワカケ';

/** Reduces a name to its consonant sounds, because kana only approximate a foreign name: Smith and スミス. */
function soundOf(latin: string): string {
  return latin
    .replace(/([aeiou])h(?![aeiouy])/g, '$1')
    .replace(/m(?=[mbp])/g, 'n')
    .replace(/ph/g, 'f')
    .replace(/th|sh|ts|z|j/g, 's')
    .replace(/ch|c|q/g, 'k')
    .replace(/tk|kk/g, 'k')
    .replace(/l/g, 'r')
    .replace(/v/g, 'b')
    .replace(/f/g, 'h')
    .replace(/[aeiouyw]/g, '')
    .replace(/(.)\1+/g, '$1');
}

/** Name characters that have older and newer forms. Each group ends with the newest. */
const FORMS =
  '髙高 﨑嵜碕崎 齋齊斉斎 邊邉辺 澤沢 廣広 濵濱浜 眞真 櫻桜 國国 惠恵 德徳 靜静 實実 壽寿 榮栄 龍竜 瀧滝 嶋嶌島 冨富 藏蔵 圓円 豐豊 彌弥 樂楽 關関 兒児 桒桑 淵渕 峯峰 禮礼 學学 條条 澁渋 萬万 與与 亞亜 應応 槇槙 遙遥 薰薫 敎教 淸清 緖緒 賴頼 顯顕 驒騨 鐵鉄 壯壮 莊荘 來来 當当 寶宝 增増 穗穂 步歩 郞郎 鄕郷 黑黒 橫横 將将 敍叙 𠮷吉 栁柳 曻昇 凜凛 堯尭 晄晃 祿禄 鷗鴎 檜桧 藪薮 籠篭 蘆芦 埜野 舘館 苅刈 斑班';
const NEWER_FORM = new Map(
  FORMS.split(' ').flatMap((forms) => {
    const characters = Array.from(forms);
    const newest = characters.at(-1) ?? '';
    return characters.slice(0, -1).map((older): [string, string] => [older, newest]);
  }),
);
