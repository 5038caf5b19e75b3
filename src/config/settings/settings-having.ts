// The settings that have a property in the table.
import type { Setting } from './setting.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';

/** The names of the settings that have a property. */
type Having<Property extends keyof Setting<unknown>> = {
  [Name in SettingName]: (typeof SETTINGS)[Name] extends Record<Property, true> ? Name : never;
}[SettingName];

function having<Property extends keyof Setting<unknown>>(property: Property): Having<Property>[] {
  return SETTING_NAMES.filter((name): name is Having<Property> => {
    const setting: Setting<unknown> = SETTINGS[name];
    return setting[property] === true;
  });
}

/** The origins of our apps. */
export const OWN_ORIGINS = having('ownOrigin');
/** The settings whose values are never shown. */
export const SECRET_NAMES: readonly SettingName[] = having('secret');
/** The secrets that must not be guessable. */
export const RANDOM_SECRETS = having('random');
