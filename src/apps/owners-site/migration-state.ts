// Reads the common ID's answer to `GET /migrations/{legacy_id}`.
import { z } from 'zod';

/** The steps that a migration may lack, in the order in which the person takes them. */
const MISSING_STEPS = ['registration', 'login', 'required_profile', 'dealer_link', 'return'] as const;
export type MissingStep = (typeof MISSING_STEPS)[number];

const dealerLink = z.object({ dealer: z.string(), status: z.string() });

const schema = z.object({
  state: z.enum(['none', 'started', 'completed', 'withdrawn']),
  // Ignores steps that a later version may add.
  missing: z.array(z.string()).transform((names) => MISSING_STEPS.filter((step) => names.includes(step))),
  dealer_link: dealerLink.nullish().transform((link) => link ?? undefined),
});

export type MigrationState = z.infer<typeof schema>;

/** @throws {ZodError} if the answer does not match the schema */
export function readMigrationState(json: unknown): MigrationState {
  return schema.parse(json);
}

/** Returns the dealer link in a token response's `authorization_details` (RFC 9396, section 7), if any. */
export function readDealerLink(authorizationDetails: unknown): z.infer<typeof dealerLink> | undefined {
  const details = z.array(z.looseObject({ type: z.string() })).safeParse(authorizationDetails);
  const link = details.data?.find(({ type }) => type === 'dealer_link');
  return dealerLink.safeParse(link).data;
}
