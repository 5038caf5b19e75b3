// What a legacy site hands over about its user. It prefills; nothing in it is verified.
import type { PostalAddress, Profile } from './account.ts';
import { isDate } from './birthdate.ts';
import { parseEmail } from './canonical-email.ts';
import { parseKana, parseName } from './kana.ts';
import { isObject, readClaims, type ClaimNotes, type ClaimReader, type DroppedClaim } from './legacy-claims.ts';
import type { Vehicle } from './vehicle.ts';
import { parsePhoneNumber } from './phone-number.ts';
import { parsePlainText } from './plain-text.ts';
import { parsePostalCode, PREFECTURES } from './postal-code.ts';

export type LegacyProfile = {
  /** The legacy user's stable id. */
  legacy_id: string;
  /** When the legacy site saw the password; seconds since 1970. */
  auth_time?: number;
  /** Unverified. */
  email?: string;
  profile: Profile;
  dealer?: { code: string; customer_number?: string };
  vehicles: Vehicle[];
};

export type ParsedLegacyProfile =
  | { ok: true; profile: LegacyProfile; dropped: DroppedClaim[] }
  | {
      ok: false;
      /** One sentence for each mistake, for the client's developer. They name claims and hold no values. */
      problems: string[];
    };

const MAX_VEHICLES = 50;
const MAX_TEXT = 100;
const KANA = '#ja-Kana-JP';

/**
 * Reads the claims of a `legacy_profile` that a legacy site signed: those of the table in the protocol, and no others. What only a programmer
 * can get wrong (types, control characters, more than 200 characters) refuses the whole; what the legacy site's user may have typed
 * long ago (a date that is none, an address without @) is left out and named. The JWT around it has been verified by the caller.
 */
export function parseLegacyProfile(claims: unknown): ParsedLegacyProfile {
  if (!isObject(claims)) return { ok: false, problems: ['the claims must be a JSON object'] };
  const notes: ClaimNotes = { problems: [], dropped: [] };
  const reader = readClaims(claims, '', notes);
  const legacyId = reader.text('sub', { required: true });
  const authTime = reader.number('auth_time', 'a time in seconds since 1970-01-01');
  const email = reader.parsed('email', readEmail);
  const profile = readProfile(reader);
  const dealer = readDealer(reader);
  const vehicles = readVehicles(reader);
  if (notes.problems.length > 0 || legacyId === undefined) return { ok: false, problems: notes.problems };
  return {
    ok: true,
    profile: { legacy_id: legacyId, ...present({ auth_time: authTime, email, dealer }), profile, vehicles },
    dropped: notes.dropped,
  };
}

function readProfile(reader: ClaimReader): Profile {
  const [familyName, givenName] = splitName(reader.parsed('name', readName));
  const [familyKana, givenKana] = splitName(reader.parsed(`name${KANA}`, readKana));
  return present({
    family_name: reader.parsed('family_name', readName) ?? familyName,
    given_name: reader.parsed('given_name', readName) ?? givenName,
    family_name_kana: reader.parsed(`family_name${KANA}`, readKana) ?? familyKana,
    given_name_kana: reader.parsed(`given_name${KANA}`, readKana) ?? givenKana,
    phone_number: reader.parsed('phone_number', readPhoneNumber),
    birthdate: reader.parsed('birthdate', readBirthdate),
    gender: reader.parsed('gender', readGender),
    address: readAddress(reader),
  });
}

/** The parts of a whole name, family name first; only where it is plain where one ends and the other begins. */
function splitName(name: string | undefined): [family: string | undefined, given: string | undefined] {
  const parts = name?.split(' ') ?? [];
  return parts.length === 2 ? [parts[0], parts[1]] : [undefined, undefined];
}

function readAddress(reader: ClaimReader): PostalAddress | undefined {
  const address = reader.object('address');
  if (!address) return undefined;
  const lines = (address.text('street_address', { lines: true }) ?? '').split(/\r\n?|\n/);
  const line = (text: string): string | undefined => {
    const parsed = parsePlainText(text, MAX_TEXT);
    if (!parsed.ok && parsed.reason !== 'missing') address.drop('street_address', WHY[parsed.reason]);
    return parsed.ok ? parsed.text : undefined;
  };
  const read = present({
    postal_code: address.parsed('postal_code', readPostalCode),
    region: address.parsed('region', readRegion),
    locality: address.parsed('locality', readText),
    // Block and building, one a line; a building of several lines is one for us.
    street_address: line(lines[0] ?? ''),
    building: line(lines.slice(1).join(' ')),
  });
  return Object.keys(read).length > 0 ? read : undefined;
}

function readDealer(reader: ClaimReader): LegacyProfile['dealer'] {
  const dealer = reader.object('dealer');
  if (!dealer) return undefined;
  const code = dealer.text('code', { required: true });
  const customerNumber = dealer.parsed('customer_number', readText);
  if (code === undefined) return undefined;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(code)) {
    dealer.drop('code', 'a dealer code has letters, digits, ".", "_" and "-"; the dealer was left out');
    return undefined;
  }
  return { code, ...present({ customer_number: customerNumber }) };
}

function readVehicles(reader: ClaimReader): Vehicle[] {
  const vehicles = new Map<string, Vehicle>();
  for (const entry of reader.objects('vehicles', MAX_VEHICLES)) {
    const vin = entry.text('vin', { required: true })?.normalize('NFKC').trim().toUpperCase();
    const rest = present({
      registration_number: entry.parsed('registration_number', readText),
      model: entry.parsed('model', readText),
      first_registered: entry.parsed('first_registered', readFirstRegistered),
    });
    if (vin === undefined) continue;
    // A vehicle identification number (ISO 3779), or a chassis number as Japan has them: ZVW30-1234567.
    if (/^[A-Z0-9-]{5,25}$/.test(vin)) vehicles.set(vin, { vin, ...rest });
    else entry.drop('vin', 'is no vehicle identification or chassis number; the vehicle was left out');
  }
  return [...vehicles.values()];
}

type Refusal = { why: string };

const WHY: Record<'missing' | 'characters' | 'too_long' | 'syntax', string> = {
  missing: 'is blank',
  characters: 'has characters that are not allowed',
  too_long: 'is too long',
  syntax: 'is not in the expected form',
};

function readEmail(text: string): string | Refusal {
  const parsed = parseEmail(text);
  return parsed.ok ? parsed.email : { why: WHY[parsed.reason] };
}

function readName(text: string): string | Refusal {
  const parsed = parseName(text);
  return parsed.ok ? parsed.text : { why: WHY[parsed.reason] };
}

function readKana(text: string): string | Refusal {
  const parsed = parseKana(text);
  return parsed.ok ? parsed.kana : { why: parsed.reason === 'characters' ? 'is not all kana' : WHY[parsed.reason] };
}

function readText(text: string): string | Refusal {
  const parsed = parsePlainText(text, MAX_TEXT);
  return parsed.ok ? parsed.text : { why: WHY[parsed.reason] };
}

function readPhoneNumber(text: string): string | Refusal {
  const parsed = parsePhoneNumber(text);
  return parsed.ok ? parsed.phone_number : { why: 'is no telephone number (E.164, as +819012345678)' };
}

function readPostalCode(text: string): string | Refusal {
  const parsed = parsePostalCode(text);
  return parsed.ok ? parsed.postal_code : { why: 'is no postal code of seven digits' };
}

function readRegion(text: string): string | Refusal {
  const region = text.normalize('NFKC').trim();
  return PREFECTURES.includes(region) ? region : { why: 'is no prefecture (都道府県), as 愛知県' };
}

function readBirthdate(text: string): string | Refusal {
  // `0000-12-25` and `1995` are allowed in OpenID Connect; they prefill nothing.
  const complete = /^(?:19|[2-9]\d)\d{2}-\d{2}-\d{2}$/.test(text) && isDate(text);
  return complete ? text : { why: 'is no date (YYYY-MM-DD)' };
}

function readGender(text: string): 'male' | 'female' | 'other' | Refusal {
  return text === 'male' || text === 'female' || text === 'other' ? text : { why: 'is none of "male", "female", "other"' };
}

function readFirstRegistered(text: string): string | Refusal {
  const isMonthOrDay = /^\d{4}-\d{2}(?:-\d{2})?$/.test(text) && isDate(text.length === 7 ? `${text}-01` : text);
  return isMonthOrDay ? text : { why: 'is no date (YYYY-MM or YYYY-MM-DD)' };
}

/** The entries that are known: a missing value is absent, so that `undefined` is stored nowhere. */
function present<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
