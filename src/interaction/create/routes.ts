// ④–⑨: a new common ID. Each page is shown when nothing before it is missing; nothing is an account before 登録.
import type { Deps } from '../../deps.ts';
import type { InteractionStep } from '../interaction-context.ts';
import { createAboutPage } from './about-page.ts';
import { createCodePage } from './code-page.ts';
import { createConfirmPage } from './confirm-page.ts';
import { createEmailPage } from './email-page.ts';
import { createProfilePage } from './profile-page.ts';
import { createRegistration } from './registration.ts';
import { createMailCode } from './send-code.ts';

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
