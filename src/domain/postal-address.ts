// A postal address in Japan: its five form fields, and the `address` claim (OpenID Connect Core 1.0, section 5.1.1).
import { WHY_DROPPED } from './legacy-claims.ts';
import { parsePlainText } from './plain-text.ts';
import { formatPostalCode, parsePostalCode, PREFECTURES } from './postal-code.ts';
import { oneField, plainText, type Kind } from './profile-kinds.ts';

/** A postal address in Japanese order. Any part may be absent, but none is empty. */
export type PostalAddress = {
  /** Seven digits, no hyphen. */
  postal_code?: string;
  /** 都道府県. */
  region?: string;
  /** 市区町村名. */
  locality?: string;
  /** 丁目番地. */
  street_address?: string;
  /** 建物名. */
  building?: string;
};

/** In code points. */
const MAX_LINE = 100;

const NO_POSTAL_CODE = 'is no postal code of seven digits';
const NO_PREFECTURE = 'is no prefecture (都道府県), as 愛知県';
const line = plainText(MAX_LINE);

/** The parts, in the order of the form. */
const PARTS = {
  postal_code: oneField({
    parse(text) {
      const parsed = parsePostalCode(text);
      return parsed.ok ? { ok: true, value: parsed.postal_code } : parsed;
    },
    why: { missing: NO_POSTAL_CODE, syntax: NO_POSTAL_CODE },
    format: formatPostalCode,
  }),
  region: oneField<string, 'missing'>({
    parse: (text) => (PREFECTURES.includes(text) ? { ok: true, value: text } : { ok: false, reason: 'missing' }),
    why: { missing: NO_PREFECTURE },
  }),
  locality: line,
  street_address: line,
  building: line,
} satisfies Record<keyof PostalAddress, Kind<string>>;
const FIELDS = Object.keys(PARTS) as (keyof PostalAddress)[];

/** The kind of an address. The form requires the first four fields, but a legacy site may have fewer. */
export const addressKind: Kind<PostalAddress> = {
  input: 'address',
  fields: () => FIELDS,
  optionalFields: ['building'],
  // `unknown`: the postal code is not in the table, although it may exist. `other_code`: it belongs to another prefecture.
  words: (key) =>
    [
      `${key}.label`,
      ...FIELDS.flatMap((field) => PARTS[field].words(field)),
      'postal_code.unknown',
      'region.other_code',
      'postal_code.hint',
      'building.hint',
    ].filter((word) => word !== 'building.missing'),
  read(_key, form, required) {
    const needed = required || FIELDS.some((field) => form.text(field).trim() !== '');
    const { building, ...address } = present(FIELDS, (field) => PARTS[field].read(field, form, needed && field !== 'building'));
    if (Object.keys(address).length === 0) return undefined;
    return building === undefined ? address : { ...address, building };
  },
  write: (_key, address) =>
    Object.assign({}, ...FIELDS.map((field) => (address[field] === undefined ? {} : PARTS[field].write(field, address[field])))),
  fromClaim(reader, claim) {
    const handedOver = reader.object(claim);
    if (!handedOver) return undefined;
    const lines = (handedOver.text('street_address', { lines: true }) ?? '').split(/\r\n?|\n/);
    const readLine = (text: string): string | undefined => {
      const parsed = parsePlainText(text, MAX_LINE);
      if (!parsed.ok && parsed.reason !== 'missing') handedOver.drop('street_address', WHY_DROPPED[parsed.reason]);
      return parsed.ok ? parsed.text : undefined;
    };
    const address = present(FIELDS, (field) => {
      if (field === 'region') return handedOver.parsed('region', readRegion);
      // The first line is the block. The other lines are the building, joined to one line.
      if (field === 'street_address') return readLine(lines[0] ?? '');
      if (field === 'building') return readLine(lines.slice(1).join(' '));
      return PARTS[field].fromClaim(handedOver, field);
    });
    return Object.keys(address).length > 0 ? address : undefined;
  },
  toClaim: addressClaim,
  // Mail arrives without a postal code or a building, but not without the other parts.
  isComplete: ({ region, locality, street_address }) => Boolean(region && locality && street_address),
};

function present(
  fields: readonly (keyof PostalAddress)[],
  valueOf: (field: keyof PostalAddress) => string | undefined,
): PostalAddress {
  return Object.fromEntries(
    fields.map((field) => [field, valueOf(field)]).filter(([, value]) => value !== undefined),
  ) as PostalAddress;
}

function readRegion(text: string): string | { why: string } {
  const region = text.normalize('NFKC').trim();
  return PREFECTURES.includes(region) ? region : { why: NO_PREFECTURE };
}

/** Makes the claim. `formatted` has the parts in Japanese order, one per line. */
function addressClaim(address: PostalAddress): Record<string, string> {
  const street = [address.street_address, address.building].filter((line) => line !== undefined).join('\n');
  const formatted = [address.postal_code && `〒${address.postal_code}`, address.region, address.locality, street];
  return {
    formatted: formatted.filter(Boolean).join('\n'),
    ...(address.postal_code ? { postal_code: address.postal_code } : {}),
    ...(address.region ? { region: address.region } : {}),
    ...(address.locality ? { locality: address.locality } : {}),
    ...(street ? { street_address: street } : {}),
    country: 'JP',
  };
}
