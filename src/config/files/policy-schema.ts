// The table of all policy values, with bounds, safe range and description. It drives the check of config/policy.json, the types
// in Config, config/policy.schema.json for editors, and docs/policy.md (npm run generate).
import { z } from 'zod';

const DAY = 24 * 60 * 60;

/** The range in which a value protects enough. Production starts with a warning if a value is outside. */
export type SafeRange = { atLeast?: number; atMost?: number; unit?: string; hint: string };
export const SAFE_RANGES = z.registry<SafeRange>();

function whole(least: number, most: number, description: string) {
  const expected = `a whole number from ${least} to ${most}`;
  return z.int(expected).min(least, expected).max(most, expected).describe(description);
}

/** A number of attempts. Above half of its maximum it hardly limits anything, so the safe range ends there. */
function limit(least: number, most: number, description: string) {
  return whole(least, most, description).register(SAFE_RANGES, { atMost: most / 2, hint: 'the limit has almost no effect' });
}

/** The window of a limit in seconds. Near its minimum it hardly limits anything. */
function limitSeconds(least: number, most: number, description: string) {
  const safe: SafeRange = { atLeast: 2 * least, hint: 'a limit with such a short time has almost no effect' };
  return whole(least, most, description).register(SAFE_RANGES, safe);
}

/** A lifetime in seconds, at least a minute. The longer it is, the longer a stolen session or token is useful. */
function lifetime(most: number, safe: number, description: string) {
  const range: SafeRange = { atMost: safe, unit: 'seconds', hint: 'a thief could use a stolen one for that long' };
  return whole(60, most, description).register(SAFE_RANGES, range);
}

function group<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, 'an object');
}

const password = group({
  min_length: whole(8, 72, 'Characters.'),
  max_length: whole(
    8,
    72,
    'Characters. NIST SP 800-63B asks for at least 64. bcrypt reads 72 bytes; longer passwords are refused.',
  ).register(SAFE_RANGES, {
    atLeast: 16,
    hint: 'people could not use long passwords',
  }),
  symbols: z
    .string('symbols of ASCII, or any')
    .regex(/^(?:[!-/:-@[-`{-~]*|any)$/, 'symbols of ASCII, or any')
    .describe(
      'Allowed besides half-width letters and digits. `any`: every printable character and the space, except full-width letters, digits and symbols.',
    ),
});

const perMinute = group({
  address: whole(10, 1_000_000, 'For an IPv4 address or an IPv6 /64.'),
  account: whole(3, 1000, 'For an account.'),
  draft: whole(3, 1000, 'For an unfinished registration.'),
});
const passwordHash = group({
  concurrency: whole(1, 16, 'How many passwords are hashed at the same time, but never more than there are cores.'),
  queue_limit: whole(0, 10_000, 'How many passwords may wait. Further requests get 503 with Retry-After.'),
  per_minute: perMinute.describe('The most passwords that a process hashes in a minute.'),
});

const rateLimits = group({
  login: group({
    failures_per_account: limit(3, 100, 'Failed logins of an account in the window.'),
    failures_per_address: limit(
      3,
      20_000,
      'Failed logins from an IPv4 address or IPv6 /64 in the window; then it is slowed down.',
    ),
    failures_per_network: limit(
      3,
      500_000,
      'Failed logins from a network (IPv4 /24, IPv6 /48) in the window; then it is slowed down.',
    ),
    window_seconds: limitSeconds(60, DAY, 'The length of the window.'),
  }),
  email_code: group({
    per_mailbox_per_hour: limit(1, 100, 'Codes to a mailbox.'),
    unproven_per_address_per_hour: limit(1, 50_000, 'Codes requested from an IPv4 address or IPv6 /64 and not yet entered.'),
    unproven_per_network_per_hour: limit(1, 1_000_000, 'The same from a network (IPv4 /24, IPv6 /48).'),
    overall_per_hour: limit(1, 10_000_000, 'All codes together, so that nobody can flood the mail server through us.'),
    quiet_share_percent: limit(0, 90, 'The share of overall_per_hour that is kept for networks with few requests.'),
    short_tries_per_mailbox_per_day: limit(5, 500, 'Wrong six-digit codes. After them, codes to the mailbox have twelve digits.'),
    resend_after_seconds: limitSeconds(10, 3600, 'The wait before a new code can be requested.'),
  }),
  sms_code: group({
    per_number_per_day: limit(1, 100, 'Codes by SMS to a number.'),
    per_account_per_day: limit(1, 100, 'Codes by SMS that an account asks for, to any number.'),
    unproven_per_address_per_hour: limit(
      1,
      10_000,
      'Codes by SMS requested from an IPv4 address or IPv6 /64 and not yet entered; then it is slowed down.',
    ),
    unproven_per_network_per_hour: limit(1, 100_000, 'The same from a network (IPv4 /24, IPv6 /48).'),
    overall_per_hour: limit(1, 1_000_000, 'All SMS together: what an attacker can cost in an hour.'),
    quiet_share_percent: limit(0, 90, 'The share of overall_per_hour that is kept for networks with few requests.'),
  }),
  device_code: group({
    wrong_per_browser: limit(3, 200, 'Wrong codes of devices from a browser in the window; then it is slowed down.'),
    wrong_per_address: limit(
      3,
      20_000,
      'Wrong codes of devices from an IPv4 address or IPv6 /64 in the window; then it is slowed down.',
    ),
    wrong_per_network: limit(
      3,
      500_000,
      'Wrong codes of devices from a network (IPv4 /24, IPv6 /48) in the window; then it is slowed down.',
    ),
    window_seconds: limitSeconds(60, DAY, 'The length of the window.'),
    poll_after_seconds: limitSeconds(2, 60, 'How long a device waits before it asks again whether its code was confirmed.'),
  }),
  legacy_hand_over: group({ per_client_per_minute: limit(1, 100_000, 'Legacy profiles from a client app.') }),
});

const lifetimes = group({
  session: lifetime(365 * DAY, 30 * DAY, 'Of a session at the ID, from its last use.'),
  session_absolute: lifetime(
    365 * DAY,
    90 * DAY,
    'Of a session at the ID, from the entry of the password, however often it is used.',
  ),
  interaction: lifetime(DAY, 4 * 60 * 60, 'Of a flow through the pages; a day after a proof of the address or a sign-in.'),
  device_code: lifetime(60 * 60, 15 * 60, 'Of a code that a device shows.'),
  access_token: lifetime(DAY, 60 * 60, 'Of an access token.'),
  id_token: lifetime(DAY, 4 * 60 * 60, 'Of an ID token.'),
  refresh_token: lifetime(3650 * DAY, 366 * DAY, 'Of a refresh token, from its last use, until the grant ends.'),
  refresh_grace: whole(
    0,
    60,
    'Of a used refresh token: for this long, the same client gets the same new one again, if its answer was lost. Later the use ends the client’s access. 0: never again.',
  ).register(SAFE_RANGES, {
    atMost: 30,
    unit: 'seconds',
    hint: 'a thief could use a stolen one for that long without being noticed',
  }),
  grant: lifetime(3650 * DAY, 3 * 366 * DAY, 'Of a customer’s consent for a client app.'),
});

const loginNumber = group({
  country_codes: z
    .string('country codes, such as "81", with spaces between them')
    .regex(/^[1-9]\d{0,2}(?: [1-9]\d{0,2})*$/, 'country codes, such as "81", with spaces between them')
    .describe('The country codes of numbers that can be a login ID, with spaces between them. Only they get SMS.'),
});

const dealerDelivery = group({
  give_up_after_seconds: whole(
    60,
    90 * DAY,
    'How long the delivery to a dealer’s system is retried before the link fails.',
  ).register(SAFE_RANGES, { atLeast: 3600, hint: 'links are lost if a dealer’s system is down for an hour' }),
});

const withdrawal = group({
  taken_back_within_days: whole(
    0,
    90,
    'For how long a person can take a withdrawal (退会) back. Then the ID is erased. 0: erased at once.',
  ).register(SAFE_RANGES, { atLeast: 1, hint: 'an ID that was ended by mistake, or by a thief, is lost' }),
  consent_kept_years: whole(
    0,
    30,
    'How long the consent to a dealer link is kept, encrypted and without name or address, after its ID was erased.',
  ),
});

const lostMailbox = group({
  waiting_hours: whole(
    0,
    30 * 24,
    'How long the owner can stop a change of address that two operators have approved for a lost mailbox. 0: not at all.',
  ).register(SAFE_RANGES, { atLeast: 24, unit: 'hours', hint: 'an owner who is deceived has no time to notice' }),
});

export const policySchema = z.strictObject({
  $schema: z.string('"policy.schema.json"').optional(),
  password: password.describe('The rule of screen ⑦. Common passwords are refused as well.'),
  password_hash: passwordHash.describe('bcrypt; its cost is PASSWORD_HASH_COST.'),
  rate_limits: rateLimits,
  lifetimes: lifetimes.describe('Seconds.'),
  login_number: loginNumber.describe('Mobile numbers as login IDs.'),
  dealer_delivery: dealerDelivery.describe('How links reach the dealers.'),
  withdrawal: withdrawal.describe('How IDs end (退会).'),
  lost_mailbox: lostMailbox.describe('For people who can no longer read the mailbox of their ID.'),
});

/** One value of the policy. */
export type PolicyValue = { path: string[]; schema: z.core.$ZodType };

/** Every policy value, in the order of the table. */
export function policyValues(schema: z.ZodObject = policySchema, path: string[] = []): PolicyValue[] {
  return Object.entries(schema.shape).flatMap(([key, inner]) => {
    if (inner instanceof z.ZodObject) return policyValues(inner, [...path, key]);
    return key === '$schema' ? [] : [{ path: [...path, key], schema: inner }];
  });
}
