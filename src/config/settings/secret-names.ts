// The names of secret settings and of the variables that name their files.
import { SECRET_NAMES } from './settings-having.ts';
import type { SettingName } from './settings.ts';

/** Whether a name is a setting whose value must never be shown. */
export function isSecretSetting(name: string): name is SettingName {
  return SECRET_NAMES.some((secret) => secret === name);
}

/** Returns the variable that names the file of a secret. */
export function secretFileName(name: SettingName): string {
  return `${name}_FILE`;
}
