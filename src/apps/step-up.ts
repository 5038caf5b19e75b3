// A protected resource's demand for a stronger or more recent sign-in (RFC 9470, section 3).
import type { WWWAuthenticateChallengeError } from 'openid-client';
import { z } from 'zod';

/** What the next authorization request has to ask for. */
export type StepUp = {
  /** Authentication context classes, separated by spaces. */
  acrValues?: string | undefined;
  maxAgeSeconds?: number | undefined;
};

/** The resource demands another sign-in before it answers. */
export class SignInInsufficient extends Error {
  override name = 'SignInInsufficient';
  readonly stepUp: StepUp;
  constructor(stepUp: StepUp) {
    super('the resource demands a stronger or more recent sign-in');
    this.stepUp = stepUp;
  }
}

const demand = z.object({
  error: z.literal('insufficient_user_authentication'),
  acr_values: z.string().max(500).optional(),
  max_age: z.coerce.number().int().nonnegative().optional(),
});

/** Reads the demand from the challenges of an answer; `undefined` if there is none. */
export function stepUpOf({ cause: challenges }: WWWAuthenticateChallengeError): StepUp | undefined {
  for (const { parameters } of challenges) {
    const { data } = demand.safeParse(parameters);
    if (data) return { acrValues: data.acr_values, maxAgeSeconds: data.max_age };
  }
  return undefined;
}
