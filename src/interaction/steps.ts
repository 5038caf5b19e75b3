// The table of steps. It drives the router, the check at the start that every page has its view, and the progress of the journey.
import type { Deps } from '../deps.ts';
import { PROMPTS, type PromptName } from '../oidc/policy/prompts.ts';
import { createConsentStep } from './consent/routes.ts';
import { createCreateStep } from './create/routes.ts';
import { createDealerLinkStep } from './dealer-link/routes.ts';
import { createFinalizeStep } from './finalize/routes.ts';
import type { Interaction, InteractionStep, SignedInStep } from './interaction-context.ts';
import { createLoginStep } from './login/routes.ts';
import { createPasskeyOfferStep } from './passkey-offer/routes.ts';
import { createRequiredProfileStep } from './required-profile/routes.ts';
import { createSecondFactorStep } from './second-factor/routes.ts';
import { createSelectAccountStep } from './select-account/routes.ts';
import { createTermsStep } from './terms/routes.ts';
import { createWithdrawalStep } from './withdrawal/routes.ts';

/** What decides which steps a journey has. */
export type Journey = Pick<Interaction, 'client' | 'dealerLink' | 'legacy'> & {
  /** Whether the person gets a new ID in this request. */
  isNew: boolean;
};

export type StepEntry = {
  create: (deps: Deps) => InteractionStep | SignedInStep;
  /** The views of its pages, in order. Views that take each other's place are one page. */
  pages: readonly (readonly string[])[];
  /** Whether its pages count in the progress of a journey. Absent if they never do, because few people meet them. */
  counts?: (journey: Journey) => boolean;
};

/** The step of each prompt. To add one, see "How to add a step" in ARCHITECTURE.md. */
export const STEPS: Record<PromptName, StepEntry> = {
  create: {
    create: createCreateStep,
    pages: [['about'], ['email'], ['code'], ['profile'], ['confirm'], ['complete']],
    counts: ({ isNew }) => isNew,
  },
  dealer_link: {
    create: createDealerLinkStep,
    pages: [['dealer-link', 'dealer-find']],
    counts: ({ dealerLink }) => dealerLink !== undefined,
  },
  select_account: { create: createSelectAccountStep, pages: [['select-account']] },
  login: { create: createLoginStep, pages: [['login', 'continue-as']], counts: () => true },
  second_factor: {
    create: createSecondFactorStep,
    pages: [
      ['second-factor', 'second-factor-recovery', 'second-factor-lost', 'second-factor-lost-code'],
      ['second-factor-enrol'],
      ['second-factor-setup', 'account-passkey-add'],
      ['recovery-codes'],
    ],
  },
  withdrawal: { create: createWithdrawalStep, pages: [['withdrawal']] },
  terms: { create: createTermsStep, pages: [['terms-changed']] },
  required_profile: {
    create: createRequiredProfileStep,
    pages: [['required-profile'], ['required-profile-confirm'], ['required-profile-done']],
    counts: ({ client }) => client.requiredClaims.length > 0,
  },
  finalize: {
    create: createFinalizeStep,
    pages: [['finalize']],
    counts: ({ legacy, dealerLink }) => legacy !== undefined || dealerLink !== undefined,
  },
  consent: { create: createConsentStep, pages: [['consent']] },
  passkey_offer: { create: createPasskeyOfferStep, pages: [['passkey-offer']] },
};

/** Returns the pages that count in the progress of a journey, in the order of the policy. */
export function pagesOf(journey: Journey): (readonly string[])[] {
  return PROMPTS.flatMap(({ name }) => (STEPS[name].counts?.(journey) ? STEPS[name].pages : []));
}
