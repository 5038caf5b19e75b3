// What config/policy.json may say. config/policy.schema.json is generated from it, for editors.
import { z } from 'zod';

const DAY = 24 * 60 * 60;

function whole(least: number, most: number, description: string) {
  const expected = `a whole number from ${least} to ${most}`;
  return z.int(expected).min(least, expected).max(most, expected).describe(description);
}

const password = z.strictObject(
  {
    min_length: whole(8, 72, 'Characters.'),
    max_length: whole(8, 72, 'Characters. bcrypt reads 72 bytes.'),
    symbols: z
      .string('symbols of ASCII')
      .regex(/^[!-/:-@[-`{-~]*$/, 'symbols of ASCII')
      .describe('Allowed besides half-width letters and digits.'),
  },
  'an object',
);

const passwordHash = z.strictObject(
  {
    concurrency: whole(
      1,
      16,
      'How many passwords are hashed at a time: this many, or as many as there are cores if those are fewer.',
    ),
    queue_limit: whole(0, 10_000, 'How many wait; more are answered 503 with Retry-After.'),
    per_minute: z
      .strictObject(
        {
          address: whole(10, 1_000_000, 'For an IPv4 address or an IPv6 /64.'),
          account: whole(3, 1000, 'For an account.'),
          draft: whole(3, 1000, 'For an unfinished registration.'),
        },
        'an object',
      )
      .describe('How many passwords a process hashes in a minute at most.'),
  },
  'an object',
);

const rateLimits = z.strictObject(
  {
    login: z.strictObject(
      {
        failures_per_account: whole(3, 100, 'Failed logins of an account in the window.'),
        failures_per_address: whole(
          3,
          20_000,
          'Failed logins from an IPv4 address or IPv6 /64 in the window; then it is slowed down.',
        ),
        failures_per_network: whole(
          3,
          500_000,
          'Failed logins from a network (IPv4 /24, IPv6 /48) in the window; then it is slowed down.',
        ),
        window_seconds: whole(60, DAY, 'The window.'),
      },
      'an object',
    ),
    email_code: z.strictObject(
      {
        per_mailbox_per_hour: whole(1, 100, 'Codes to a mailbox.'),
        unproven_per_address_per_hour: whole(
          1,
          50_000,
          'Codes asked for from an IPv4 address or IPv6 /64 and not (yet) entered.',
        ),
        unproven_per_network_per_hour: whole(1, 1_000_000, 'The same from a network (IPv4 /24, IPv6 /48).'),
        overall_per_hour: whole(1, 10_000_000, 'Codes sent altogether: the mail server is not flooded through us.'),
        quiet_share_percent: whole(0, 90, 'Of overall_per_hour, kept for networks that have hardly asked for any.'),
        short_tries_per_mailbox_per_day: whole(
          5,
          500,
          'Wrong six-digit codes; after them codes to the mailbox have twelve digits.',
        ),
        resend_after_seconds: whole(10, 3600, 'Before another code can be asked for in place of the last one.'),
      },
      'an object',
    ),
    legacy_hand_over: z.strictObject(
      { per_client_per_minute: whole(1, 100_000, 'Legacy profiles from a client app.') },
      'an object',
    ),
  },
  'an object',
);

const lifetimes = z.strictObject(
  {
    session: whole(60, 365 * DAY, 'Of being signed in at the ID, from the last use.'),
    session_absolute: whole(60, 365 * DAY, 'Of being signed in at the ID, from the password, however much it is used.'),
    interaction: whole(60, DAY, 'Of a flow through the pages.'),
    access_token: whole(60, DAY, 'Of an access token.'),
    id_token: whole(60, DAY, 'Of an ID token.'),
    refresh_token: whole(60, 3650 * DAY, 'Of a refresh token, from its issue; each use gives a new one, until the grant ends.'),
    grant: whole(60, 3650 * DAY, 'Of what was agreed to for a client app.'),
  },
  'an object',
);

export const policySchema = z.strictObject({
  $schema: z.string('"policy.schema.json"').optional(),
  password: password.describe('The rule of screen ⑦. The list of common passwords comes on top.'),
  password_hash: passwordHash.describe('bcrypt; its cost is PASSWORD_HASH_COST.'),
  rate_limits: rateLimits,
  lifetimes: lifetimes.describe('Seconds.'),
  dealer_delivery: z
    .strictObject(
      { give_up_after_seconds: whole(60, 90 * DAY, 'How long a dealer’s system is tried before the link is given up.') },
      'an object',
    )
    .describe('How links reach the dealers.'),
});
