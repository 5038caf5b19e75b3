// Reports settings that are valid but unsafe. An error stops the start; a warning is only logged.
import { resolve } from 'node:path';
import type { Problem } from '../problems/problem.ts';
import type { Variables } from '../settings/variables.ts';
import type { AppName } from '../settings/setting.ts';
import type { SettingValues } from '../settings/settings.ts';
import { checkDataDirectory } from './check-data-directory.ts';
import * as network from './check-network-settings.ts';
import { checkDotEnv, checkKeyModes, checkPlaces, checkServedFolders } from './check-places.ts';
import { checkSecretSettings } from './check-secret-settings.ts';
import { checkSupportPhone } from './check-support-phone.ts';
import type { Say } from './say.ts';

/** @param root the project's root */
export function checkUnsafeSettings(
  settings: SettingValues,
  variables: Variables,
  { root, apps, checkKeys }: { root: string; apps: readonly AppName[]; checkKeys: boolean },
  problems: Problem[],
): void {
  const say: Say = (severity, name, expected, found, hint) => {
    const key = variables.givenBy(name);
    problems.push({ severity, source: variables.sourceOf(key), key, expected, found, hint });
  };
  checkDataDirectory(settings.DATA_DIRECTORY ?? 'data', root, say);
  checkServedFolders(settings, root, say);
  if (apps.includes('id')) {
    network.checkAdminPort(settings, say);
    network.checkSandbox(settings, say);
  }
  if (variables.mode === 'development') return network.checkDevelopmentHost(settings, say);
  if (apps.includes('mailbox')) network.checkMailboxOfSandbox(settings, say);
  network.checkRuntime(variables, (key, source, expected, found, severity) => {
    problems.push({ severity, source, key, expected, found, hint: 'remove it' });
  });
  checkSecretSettings(settings, root, say);
  checkDotEnv(variables, root, problems);
  network.checkTrustProxy(settings, say);
  network.checkListening(settings, say);
  network.checkOrigins(settings, say);
  network.checkBehaviour(settings, say);
  checkSupportPhone(settings, say);
  network.checkMailServer(settings.SMTP_URL ?? '', say);
  if (!apps.includes('id')) return;
  network.checkSmsGateway(settings, say);
  network.checkDatabaseServer(settings.DATABASE_URL ?? '', say);
  checkPlaces(settings, root, say);
  if (checkKeys && settings.KEY_DIRECTORY !== undefined) checkKeyModes(resolve(root, settings.KEY_DIRECTORY), root, problems);
}
