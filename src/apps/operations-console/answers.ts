// The answers of the operations API, as far as the console shows them (docs/operations-api.md).
import { z } from 'zod';

const time = z.string();
const text = z.string();

export const SCOPES = ['operations:support', 'operations:migration', 'operations:audit', 'operations:system'] as const;
export type Scope = (typeof SCOPES)[number];

export const me = z.object({ operator: text, email: text, scopes: z.array(text) });
export type Me = z.infer<typeof me>;

export const found = z.object({
  accounts: z.array(z.object({ id: text, found_by: text, email: text, state: text })),
});

export const person = z.object({
  id: text,
  state: text,
  state_since: time.optional(),
  erased_at: time.optional(),
  created_at: time,
  language: text,
  identifiers: z.object({
    email: text,
    email_proven_at: time,
    login_number: text.optional(),
    earlier_emails: z.array(z.object({ email: text, can_be_undone_until: time })),
    email_asked_for: text.optional(),
    login_number_asked_for: text.optional(),
  }),
  methods: z.object({
    password_changed_at: time.optional(),
    login_number_rests: z.boolean(),
    passkeys: z.array(z.object({ name: text, added_at: time, used_at: time.optional() })),
    second_factor: z.object({ added_at: time, recovery_codes_left: z.number(), removal_due_at: time.optional() }).optional(),
  }),
  sign_ins_ended_at: time.optional(),
  browsers: z.array(z.object({ device: text.optional(), signed_in_at: time, used_at: time.optional(), clients: z.array(text) })),
  services: z.array(z.object({ client_id: text, since: time, used_at: time.optional() })),
  dealer_links: z.array(z.object({ id: text, dealer: text, status: text, consented_at: time, changed_at: time })),
  migrations: z.array(z.object({ client_id: text, legacy_id: text, state: text, at: time.optional() })),
  lost_mailbox_requests: z.array(z.object({ number: text, state: text, asked_at: time })),
  last_sign_ins: z.array(z.object({ at: time, client_id: text, method: text, device: text.optional() })),
  last_failures: z.array(z.object({ at: time, method: text, times: z.number(), device: text.optional() })),
  messages: z.array(
    z.object({ channel: text, template: text, fate: text, made_at: time, attempts: z.number(), reason: text.optional() }),
  ),
  limits: z.array(z.object({ limit: text, counted: z.number(), holds: z.boolean(), until: time })),
});
export type Person = z.infer<typeof person>;

export const timeline = z.object({ entries: z.array(z.object({ at: time, type: text, words: text })) });

/** Of each action the members that its message needs. */
export const done = z.object({ limits: z.array(z.unknown()).optional(), due_at: time.optional() });

export const jobGroups = z.object({
  groups: z.array(z.object({ kind: text, state: text, count: z.number(), oldest_at: time, reason: text.optional() })),
});
export type JobGroup = z.infer<typeof jobGroups>['groups'][number];

export const jobs = z.object({
  jobs: z.array(
    z.object({
      key: text,
      kind: text,
      state: text,
      attempts: z.number(),
      created_at: time,
      run_at: time.optional(),
      reason: text.optional(),
    }),
  ),
  next_cursor: text.optional(),
});

export const retried = z.object({ retried: z.number() });
export const dropped = z.object({ dropped: z.number() });

export const ledgerEvents = z.object({
  events: z.array(z.object({ at: time, entry: z.unknown(), type: text, subject: text, data: z.record(z.string(), z.unknown()) })),
  next_cursor: text.optional(),
});
export type LedgerEvent = z.infer<typeof ledgerEvents>['events'][number];

export const verification = z.object({
  sound: z.boolean(),
  findings: z.array(z.object({ part: text, sequence: z.number(), kind: text })),
  last_anchor_at: time.optional(),
});

export const DIMENSIONS = ['day', 'wave', 'segment', 'dealer', 'client', 'road', 'device'] as const;

export const funnel = z.object({
  at: time,
  steps: z.array(
    z.object({
      step: text,
      reached: z.number(),
      stopped_here: z.number(),
      share_stopped: z.number().optional(),
      median_seconds_at_most: z.number().optional(),
    }),
  ),
  states: z.record(z.string(), z.number()),
  unlisted: z.number(),
  waiting: z.array(z.object({ days: z.number(), count: z.number() })),
  failures: z.array(z.object({ reason: text, count: z.number() })),
  lines: z.array(z.object({ value: text, reached: z.record(z.string(), z.number()) })).optional(),
});
export type Funnel = z.infer<typeof funnel>;
