// The data that a legacy site hands over about its user. It prefills forms and is not verified.
import { isDate } from './birthdate.ts';
import { parseEmail } from './canonical-email.ts';
import { isObject, readClaims, WHY_DROPPED, type ClaimNotes, type ClaimReader, type DroppedClaim } from './legacy-claims.ts';
import { parsePlainText } from './plain-text.ts';
import { JOINED_CLAIMS, makeProfile, profileField, type Profile, type ProfileKey } from './profile-fields.ts';
import type { Vehicle } from './vehicle.ts';

export type LegacyProfile = {
  /** The legacy user's stable id. */
  legacy_id: string;
  /** When the user last entered the password at the legacy site, in seconds since 1970. */
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
      /** One sentence per mistake, for the client's developer. They name claims and contain no values. */
      problems: string[];
    };

const MAX_VEHICLES = 50;
const MAX_TEXT = 100;

/**
 * Parses the claims of a `legacy_profile`; claims that the protocol does not list are ignored. A mistake that only a programmer
 * can make (a wrong type, control characters, more than 200 characters) refuses the whole profile. A bad value that the user may
 * have typed long ago (an impossible date, an address without @) is dropped and reported.
 * @param claims from a JWT that the caller has verified
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
  const parts = new Map<ProfileKey, string | undefined>();
  for (const [claim, [first, last]] of Object.entries(JOINED_CLAIMS)) {
    const whole = profileField(first).kind.fromClaim(reader, claim);
    const [firstPart, lastPart] = splitName(typeof whole === 'string' ? whole : undefined);
    parts.set(first, firstPart).set(last, lastPart);
  }
  return makeProfile((key, { kind, claim }) => kind.fromClaim(reader, claim.name) ?? parts.get(key));
}

/** Splits a full name at its only space, family name first. Returns nothing if there are more or fewer parts. */
function splitName(name: string | undefined): [family: string | undefined, given: string | undefined] {
  const parts = name?.split(' ') ?? [];
  return parts.length === 2 ? [parts[0], parts[1]] : [undefined, undefined];
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
    // A vehicle identification number (ISO 3779) or a Japanese chassis number, such as ZVW30-1234567.
    if (/^[A-Z0-9-]{5,25}$/.test(vin)) vehicles.set(vin, { vin, ...rest });
    else entry.drop('vin', 'is no vehicle identification or chassis number; the vehicle was left out');
  }
  return [...vehicles.values()];
}

type Refusal = { why: string };

function readEmail(text: string): string | Refusal {
  const parsed = parseEmail(text);
  if (parsed.ok) return parsed.email;
  return { why: parsed.reason === 'dots' ? 'has dots that only some carriers allow' : WHY_DROPPED[parsed.reason] };
}

function readText(text: string): string | Refusal {
  const parsed = parsePlainText(text, MAX_TEXT);
  return parsed.ok ? parsed.text : { why: WHY_DROPPED[parsed.reason] };
}

function readFirstRegistered(text: string): string | Refusal {
  const isMonthOrDay = /^\d{4}-\d{2}(?:-\d{2})?$/.test(text) && isDate(text.length === 7 ? `${text}-01` : text);
  return isMonthOrDay ? text : { why: 'is no date (YYYY-MM or YYYY-MM-DD)' };
}

/** Removes entries that are `undefined`, so that they are not stored. */
function present<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
