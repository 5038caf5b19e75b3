// What can be missing, in the order in which it is asked. The first prompt that is needed names the step that the browser is sent to.
import { CONSENT } from './prompts/consent.ts';
import { CREATE } from './prompts/create.ts';
import { DEALER_LINK } from './prompts/dealer-link.ts';
import { FINALIZE } from './prompts/finalize.ts';
import { LOGIN } from './prompts/login.ts';
import { REQUIRED_PROFILE } from './prompts/required-profile.ts';
import { TERMS } from './prompts/terms.ts';

export const PROMPTS = [CREATE, DEALER_LINK, LOGIN, TERMS, REQUIRED_PROFILE, FINALIZE, CONSENT] as const;

export type PromptName = (typeof PROMPTS)[number]['name'];
