// The shape of what a person gets as a copy of their data: one zod schema, from which the type and docs/my-data.schema.json are made.
import { z } from 'zod';

const time = (description: string) => z.iso.datetime().describe(`${description} (ISO 8601, UTC)`);
const text = (description: string) => z.string().describe(description);

const agreedText = z
  .strictObject({
    version: text('The version of the text.'),
    language: text('The language in which it was shown: ja or en.'),
    sha256: text('The SHA-256 of the text, hexadecimal.').optional(),
    text: text('The text. Absent if the agreement is older than the storage of texts.').optional(),
  })
  .describe('The text that was agreed to.');

const vehicle = z.strictObject({
  vin: text('The vehicle identification number.'),
  registration_number: text('The number on the plate.').optional(),
  model: text('The model.').optional(),
  first_registered: text('YYYY-MM or YYYY-MM-DD.').optional(),
});

const origin = {
  device: text('Browser and system.').optional(),
  region: z
    .strictObject({ ja: text('In Japanese.'), en: text('In English.') })
    .describe('The country and region of the network, if it is known.')
    .optional(),
};

export const myDataSchema = z.strictObject({
  $schema: text('The address of this schema.'),
  made_at: time('When this copy was made'),
  account: z.strictObject({
    id: text('The number of the account. Services know the person by other numbers.'),
    email: text('The address, which is the login ID.'),
    email_verified_at: time('When the address was proven'),
    phone_number_for_sign_in: text('The mobile number that is a login ID, in E.164.').optional(),
    phone_number_used_at: time('When that number was last proven or used, to the month').optional(),
    phone_number_change: z
      .strictObject({ phone_number: text('The new number.'), asked_at: time('When it was asked for') })
      .describe('A mobile number that waits for its code.')
      .optional(),
    language: text('The language of pages and mails.'),
    created_at: time('When the ID was made'),
    updated_at: time('When the account was last changed'),
    password_changed_at: time('When the password was last replaced').optional(),
    disabled_at: time('When our support desk disabled the ID').optional(),
    limits_lifted_at: time('When our support desk last ended a pause after failed sign-ins').optional(),
    earlier_emails: z
      .array(z.strictObject({ email: text('An earlier address.'), kept_until: time('When it is deleted') }))
      .describe('Addresses whose change can still be undone.'),
    email_change: z
      .strictObject({ email: text('The new address.'), asked_at: time('When it was asked for') })
      .describe('A change of address that waits for its code.')
      .optional(),
    lost_mailbox_requests: z
      .array(
        z.strictObject({
          email: text('The new address, partly hidden.'),
          asked_at: time('When it was asked for'),
          state: z.enum(['open', 'approved', 'refused', 'stopped', 'changed', 'overtaken', 'expired']).describe('How it stands.'),
        }),
      )
      .describe('Requests to change the address because the mailbox cannot be read any more.'),
  }),
  profile: z
    .record(z.string(), z.unknown())
    .describe('The claims of OpenID Connect Core 1.0, section 5.1, and those of docs/claims.md.'),
  confirmations: z.array(
    z.strictObject({
      client_id: text('The service.'),
      claims: z.array(z.string()).describe('The claims that the person confirmed for it.'),
      confirmed_at: time('When'),
    }),
  ),
  passkeys: z.array(
    z.strictObject({
      name: text('The name that the person gave it.'),
      created_at: time('When it was added'),
      last_used_at: time('When it was last used').optional(),
      synced: z.boolean().describe('Whether its provider keeps a copy.'),
    }),
  ),
  second_factor: z
    .strictObject({
      added_at: time('When it was switched on'),
      recovery_codes_left: z.number().describe('How many recovery codes were not used.'),
      recovery_codes_made_at: time('When they were made'),
      removed_at: time('When it will be removed, because the person has lost it').optional(),
    })
    .describe(
      'One-time codes of an app, which are asked for after the password. The secret and the recovery codes are not shown again.',
    )
    .optional(),
  agreements: z.array(z.strictObject({ what: z.literal('terms'), text: agreedText, agreed_at: time('When') })),
  services: z.array(
    z.strictObject({
      client_id: text('The service.'),
      name: text('Its name.'),
      scopes: z.array(z.string()).describe('What it may use.'),
      since: time('Since when'),
      last_used_at: time('When it last got access, within an hour').optional(),
    }),
  ),
  browsers: z.array(
    z.strictObject({
      device: text('Browser and system.').optional(),
      signed_in_at: time('When the person signed in there'),
      last_used_at: time('When it was last used, within an hour').optional(),
      client_ids: z.array(z.string()).describe('The services used there.'),
    }),
  ),
  sign_ins: z
    .array(
      z.strictObject({
        at: time('When'),
        client_id: text('The service in whose flow it was.'),
        method: text(
          'password, password_otp (with a code of the app), password_recovery (with a recovery code), device_passkey or synced_passkey.',
        ),
        ...origin,
      }),
    )
    .describe('Of the last 90 days.'),
  failed_sign_ins: z
    .array(
      z.strictObject({
        at: time('When the last one was'),
        times: z.int().describe('How many there were within an hour of each other.'),
        client_id: text('The service in whose flow it was; absent at the pages of the ID.').optional(),
        method: text(
          'password, password_otp (with a code of the app), password_recovery (with a recovery code), device_passkey or synced_passkey.',
        ),
        ...origin,
      }),
    )
    .describe('Of the last 90 days. Anybody who knows the ID can cause them.'),
  dealer_links: z.array(
    z.strictObject({
      dealer: text('The code of the dealer.'),
      name: text('Its name.'),
      status: z.enum(['pending', 'active', 'failed', 'withdrawn']),
      customer: text('The identifier by which the dealer knows the person.').optional(),
      customer_number: text('The customer number at the dealer, in links of older versions.').optional(),
      consents: z.array(
        z.strictObject({
          client_id: text('The service in which the consent was given.'),
          given_at: time('When'),
          share: z.array(z.string()).describe('What the dealer gives to TOYOTA.'),
          receive: z.array(z.string()).describe('What the dealer gets from TOYOTA.'),
          text: agreedText,
        }),
      ),
      linked_at: time('When the dealer accepted').optional(),
      withdrawn_at: time('When the consent was withdrawn').optional(),
    }),
  ),
  migrations: z.array(
    z.strictObject({
      client_id: text('The site from which the person came.'),
      legacy_id: text('The identifier of the person there.'),
      started_at: time('When it began'),
      completed_at: time('When it was completed').optional(),
      email: text('The address that the site has, while the migration is not complete.').optional(),
      dealer: z
        .strictObject({
          code: text('The dealer that the site named.'),
          customer_number: text('The customer number there.').optional(),
        })
        .optional(),
      vehicles: z.array(vehicle),
      campaign: z
        .strictObject({
          steps: z
            .record(z.string(), time('When the person first came to it'))
            .describe('By the name of each step of the migration.'),
          segment: text('The group to which the site has assigned the person.').optional(),
          dealer: text('The dealer in the list of the site.').optional(),
          device: text('phone, tablet or computer.').optional(),
        })
        .describe('What is counted of the migration, once it is complete.')
        .optional(),
    }),
  ),
});

/** Returns the schema as JSON Schema, draft 2020-12. */
export function myDataJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(myDataSchema);
  return { $schema, title: 'A copy of the data that the common ID stores about a person', ...rest };
}

export type MyData = z.infer<typeof myDataSchema>;
