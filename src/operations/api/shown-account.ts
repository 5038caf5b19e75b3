// The answer that shows an account, as the schema of what `showAccount` returns.
import { z } from 'zod';
import { time } from './schemas.ts';

const optionalTime = time.optional();
const text = z.string();
const optionalText = z.string().optional();

/** Masked unless the request asks to unmask. */
export const shownAccount = z
  .strictObject({
    id: text,
    state: z.enum(['active', 'disabled', 'withdrawn', 'being_erased']),
    state_since: optionalTime,
    erased_at: optionalTime.meta({ description: 'When a withdrawn account is erased.' }),
    created_at: time,
    language: text,
    identifiers: z.strictObject({
      email: text,
      email_proven_at: time,
      login_number: optionalText,
      earlier_emails: z.array(z.strictObject({ email: text, can_be_undone_until: time })),
      email_asked_for: optionalText,
      login_number_asked_for: optionalText,
    }),
    methods: z.strictObject({
      password_changed_at: optionalTime,
      login_number_rests: z.boolean(),
      passkeys: z.array(z.strictObject({ name: text, added_at: time, used_at: optionalTime })),
      second_factor: z.strictObject({ added_at: time, recovery_codes_left: z.number(), removal_due_at: optionalTime }).optional(),
    }),
    sign_ins_ended_at: optionalTime,
    browsers: z.array(
      z.strictObject({ device: optionalText, signed_in_at: time, used_at: optionalTime, clients: z.array(text) }),
    ),
    services: z.array(z.strictObject({ client_id: text, scopes: z.array(text), since: time, used_at: optionalTime })),
    dealer_links: z.array(z.strictObject({ id: text, dealer: text, status: text, consented_at: time, changed_at: time })),
    migrations: z.array(
      z.strictObject({ client_id: text, legacy_id: text, state: z.enum(['completed', 'candidate']), at: optionalTime }),
    ),
    lost_mailbox_requests: z.array(z.strictObject({ number: text, state: text, asked_at: time })),
    last_sign_ins: z.array(z.strictObject({ at: time, client_id: text, method: text, device: optionalText })),
    last_failures: z.array(z.strictObject({ at: time, method: text, times: z.number(), device: optionalText })),
    messages: z.array(
      z.strictObject({
        channel: z.enum(['mail', 'sms']),
        template: text,
        fate: z.enum(['waiting', 'sent', 'failed']),
        made_at: time,
        attempts: z.number(),
        reason: optionalText,
      }),
    ),
    limits: z.array(z.strictObject({ limit: text, counted: z.number(), holds: z.boolean(), until: time })),
  })
  .meta({ id: 'Account' });
