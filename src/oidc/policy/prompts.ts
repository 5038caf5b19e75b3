// All prompts, in the order of evaluation. The browser goes to the step of the first one that is needed.
import { CONSENT } from './prompts/consent.ts';
import { CREATE } from './prompts/create.ts';
import { DEALER_LINK } from './prompts/dealer-link.ts';
import { FINALIZE } from './prompts/finalize.ts';
import { LOGIN } from './prompts/login.ts';
import { PASSKEY_OFFER } from './prompts/passkey-offer.ts';
import { REQUIRED_PROFILE } from './prompts/required-profile.ts';
import { SECOND_FACTOR } from './prompts/second-factor.ts';
import { SELECT_ACCOUNT } from './prompts/select-account.ts';
import { TERMS } from './prompts/terms.ts';
import { WITHDRAWAL } from './prompts/withdrawal.ts';

export const PROMPTS = [
  CREATE,
  DEALER_LINK,
  SELECT_ACCOUNT,
  LOGIN,
  SECOND_FACTOR,
  WITHDRAWAL,
  TERMS,
  REQUIRED_PROFILE,
  FINALIZE,
  CONSENT,
  PASSKEY_OFFER,
] as const;

export type PromptName = (typeof PROMPTS)[number]['name'];
