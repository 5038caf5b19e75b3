// What the common ID answers about a migration, at `GET /migrations/{legacy_id}`.
import { z } from 'zod';

/** What a migration may lack, in the order in which the person will meet it. */
const MISSING_STEPS = ['registration', 'login', 'required_profile', 'dealer_link', 'return'] as const;
export type MissingStep = (typeof MISSING_STEPS)[number];

const dealerLink = z.object({ dealer: z.string(), status: z.string() });

const schema = z.object({
  state: z.enum(['none', 'started', 'completed']),
  // Steps that a later version may add are passed over.
  missing: z.array(z.string()).transform((names) => MISSING_STEPS.filter((step) => names.includes(step))),
  dealer_link: dealerLink.nullish().transform((link) => link ?? undefined),
});

export type MigrationState = z.infer<typeof schema>;

/** @throws ZodError where it is not what the common ID promises */
export function readMigrationState(json: unknown): MigrationState {
  return schema.parse(json);
}

/** The dealer link that a token response tells of (RFC 9396, section 7), if any. */
export function readDealerLink(authorizationDetails: unknown): z.infer<typeof dealerLink> | undefined {
  const details = z.array(z.looseObject({ type: z.string() })).safeParse(authorizationDetails);
  const link = details.data?.find(({ type }) => type === 'dealer_link');
  return dealerLink.safeParse(link).data;
}
