// The table of profile fields, one entry per claim. The form, the account page, the claims of clients and legacy sites, the
// claims that a client's file may require, samples and tests use this table. ARCHITECTURE.md explains how to add an entry.
import { addressKind } from './postal-address.ts';
import { birthdateKind, choice, kanaKind, nameKind, phoneKind, type Kind } from './profile-kinds.ts';

/** The sections of the form, in order. */
export const SECTIONS = ['person', 'address', 'more'] as const;
type Section = (typeof SECTIONS)[number];

/** A scope that requests claims of the profile (OpenID Connect Core 1.0, section 5.4). */
export type ProfileScope = 'profile' | 'phone' | 'address';

export type ProfileField<T> = {
  kind: Kind<T>;
  /** The claim, for clients and for legacy sites: its name, its scope, and further claims that are sent with it. */
  claim: { name: string; scope: ProfileScope; with?: Record<string, unknown> };
  /** The description for client developers, in docs/clients/en/claims.md. */
  about: string;
  /** A stored value, for documentation, samples and tests. */
  example: T;
  /** Which pages ask for it. If a client requires it, ⑪ asks too. */
  asked: {
    /** At ⑦. `for_dealer`: required if the person links a dealer, otherwise optional. */
    registration: 'required' | 'for_dealer' | 'optional' | 'no';
    /** On the account page. `kept`: it can be added and changed, but not removed. */
    account: 'required' | 'kept' | 'optional';
  };
  /** How the form shows it. Neighbours with the same `pair` share a line. `hint`: the locales have a hint for it. */
  form: { section: Section; pair?: string; hint?: true; autocomplete?: string; inputmode?: string };
  /**
   * Whether a change needs the password and sends a mail, and why. `identity`: the value proves who the person is. `contact`: the
   * person is reached there. See `guardedChanges`.
   */
  guarded: 'identity' | 'contact' | 'no';
  /** Whether the person's password must not contain it. */
  guessable: T extends string ? boolean : false;
};

const field = <T>(entry: ProfileField<T>): ProfileField<T> => entry;

/** The fields by their key in a profile. A client's file names claims by the same keys. Screen ⑪ uses this order. */
export const PROFILE_FIELDS = {
  family_name: field({
    kind: nameKind,
    claim: { name: 'family_name', scope: 'profile' },
    about: 'Family name, as the person writes it',
    example: '田中',
    asked: { registration: 'required', account: 'required' },
    form: { section: 'person', pair: 'name', autocomplete: 'family-name' },
    guarded: 'identity',
    guessable: true,
  }),
  given_name: field({
    kind: nameKind,
    claim: { name: 'given_name', scope: 'profile' },
    about: 'Given name, as the person writes it',
    example: '太郎',
    asked: { registration: 'required', account: 'required' },
    form: { section: 'person', pair: 'name', autocomplete: 'given-name' },
    guarded: 'identity',
    guessable: true,
  }),
  family_name_kana: field({
    kind: kanaKind,
    claim: { name: 'family_name#ja-Kana-JP', scope: 'profile' },
    about: 'Family name in full-width katakana',
    example: 'タナカ',
    asked: { registration: 'required', account: 'required' },
    form: { section: 'person', pair: 'kana', hint: true },
    guarded: 'identity',
    guessable: true,
  }),
  given_name_kana: field({
    kind: kanaKind,
    claim: { name: 'given_name#ja-Kana-JP', scope: 'profile' },
    about: 'Given name in full-width katakana',
    example: 'タロウ',
    asked: { registration: 'required', account: 'required' },
    form: { section: 'person', pair: 'kana', hint: true },
    guarded: 'identity',
    guessable: true,
  }),
  phone_number: field({
    kind: phoneKind,
    claim: { name: 'phone_number', scope: 'phone', with: { phone_number_verified: false } },
    about: 'Telephone number in E.164',
    example: '+819012345678',
    asked: { registration: 'for_dealer', account: 'optional' },
    form: { section: 'person', hint: true, autocomplete: 'tel-national', inputmode: 'tel' },
    guarded: 'contact',
    guessable: true,
  }),
  birthdate: field({
    kind: birthdateKind,
    claim: { name: 'birthdate', scope: 'profile' },
    about: 'Date of birth, `YYYY-MM-DD`',
    example: '1995-12-25',
    // `kept`, because a password reset asks for it.
    asked: { registration: 'no', account: 'kept' },
    form: { section: 'more', hint: true },
    guarded: 'identity',
    guessable: true,
  }),
  gender: field({
    kind: choice(['female', 'male', 'other'], 'is none of "male", "female", "other"'),
    claim: { name: 'gender', scope: 'profile' },
    about: '`female`, `male` or `other`',
    example: 'male',
    asked: { registration: 'no', account: 'optional' },
    form: { section: 'more', autocomplete: 'sex' },
    guarded: 'no',
    guessable: false,
  }),
  address: field({
    kind: addressKind,
    claim: { name: 'address', scope: 'address' },
    about: 'Postal address in Japan; block and building are the lines of `street_address`',
    example: { postal_code: '4710826', region: '愛知県', locality: '豊田市', street_address: 'トヨタ町1番地' },
    asked: { registration: 'for_dealer', account: 'optional' },
    form: { section: 'address' },
    guarded: 'contact',
    guessable: false,
  }),
};

/** A key of a profile. */
export type ProfileKey = keyof typeof PROFILE_FIELDS;

type ValueOf<F> = F extends ProfileField<infer T> ? T : never;

/** A person's profile. A missing value is absent, never an empty string. */
export type Profile = { [K in ProfileKey]?: ValueOf<(typeof PROFILE_FIELDS)[K]> };

/** Claims that join two values with a space. */
export const JOINED_CLAIMS: Record<string, readonly [ProfileKey, ProfileKey]> = {
  name: ['family_name', 'given_name'],
  'name#ja-Kana-JP': ['family_name_kana', 'given_name_kana'],
};

/** All keys, in the order of the table. */
export const PROFILE_KEYS = Object.keys(PROFILE_FIELDS) as ProfileKey[];

/** All keys, in the order of ⑦, ⑧ and the account page. */
export const KEYS_BY_SECTION = SECTIONS.flatMap((section) =>
  PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].form.section === section),
);

/** The keys whose change needs the password and sends a mail, in the order of the mail. */
export const GUARDED_KEYS: readonly ProfileKey[] = (['identity', 'contact'] as const).flatMap((why) =>
  PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].guarded === why),
);

/** Returns an entry, for callers that do not need the type of its value. */
export function profileField(key: ProfileKey): ProfileField<unknown> {
  return PROFILE_FIELDS[key];
}

/** Makes a profile from one value per key, in the order of the table. Leaves out `undefined`. */
export function makeProfile(valueOf: (key: ProfileKey, field: ProfileField<unknown>) => unknown): Profile {
  const values = PROFILE_KEYS.map((key) => [key, valueOf(key, PROFILE_FIELDS[key])]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Profile;
}

/** Lists the claims of a scope. A joined claim comes before its first part. */
export function claimsOfScope(scope: ProfileScope): string[] {
  return PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].claim.scope === scope).flatMap((key) => {
    const { claim } = profileField(key);
    const joined = Object.keys(JOINED_CLAIMS).filter((name) => JOINED_CLAIMS[name]?.[0] === key);
    return [...joined, claim.name, ...Object.keys(claim.with ?? {})];
  });
}

/** Turns a profile into claims for clients. Missing values have no claim. */
export function profileClaims(profile: Profile): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  for (const [name, parts] of Object.entries(JOINED_CLAIMS)) {
    const value = parts
      .map((key) => profile[key])
      .filter(Boolean)
      .join(' ');
    if (value) claims[name] = value;
  }
  for (const key of PROFILE_KEYS) {
    const { kind, claim } = profileField(key);
    const value = profile[key];
    if (value !== undefined) Object.assign(claims, { [claim.name]: kind.toClaim ? kind.toClaim(value) : value }, claim.with);
  }
  return claims;
}
