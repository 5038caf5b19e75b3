// ④–⑨: registers a new common ID. A page is shown if no earlier input is missing. There is no account before 登録.
import type { Deps } from '../../deps.ts';
import type { InteractionStep } from '../interaction-context.ts';
import { createAboutPage } from './about-page.ts';
import { createCodePage } from './code-page.ts';
import { createConfirmPage } from './confirm-page.ts';
import { createEmailPage } from './email-page.ts';
import { createProfilePage } from './profile-page.ts';
import { createRegistration } from './registration.ts';
import { createMailCode } from './send-code.ts';

/** Makes the step that answers the prompt `create`. */
export function createCreateStep(deps: Deps): InteractionStep {
  const registration = createRegistration(deps);
  const mailCode = createMailCode(deps);
  const pages = [
    createAboutPage(deps, registration),
    createEmailPage(deps, registration, mailCode),
    createCodePage(deps, registration, mailCode),
    createProfilePage(deps, registration),
    createConfirmPage(deps, registration),
  ];
  return {
    addRoutes(router) {
      for (const addRoutes of pages) addRoutes(router);
    },
  };
}
