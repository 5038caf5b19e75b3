// What configuration files may refer to: the settings with their defaults, and everything else in the environment.
import type { Variables } from './read-settings.ts';
import type { ReferenceContext } from '../problems/references.ts';
import { SETTINGS } from './settings.ts';
import type { Setting, SettingName, SettingValues } from './settings.ts';

/** Makes the look-up of names for `resolveReferences` and `checkClientFiles`. */
export function lookupIn(settings: SettingValues, variables: Variables): ReferenceContext {
  const { mode, values } = variables;
  return {
    known: [...Object.keys(SETTINGS), ...Object.keys(values)],
    lookup: (name) => {
      if (!Object.hasOwn(SETTINGS, name)) return values[name];
      const setting: Setting<unknown> = SETTINGS[name as SettingName];
      const text = values[name] ?? (mode === 'production' ? setting.productionDefault : setting.default);
      // A setting that is wrong, or missing in production, has been told by its own name.
      if (settings[name as SettingName] === undefined) return text === undefined && mode === 'development' ? undefined : null;
      return text;
    },
  };
}
