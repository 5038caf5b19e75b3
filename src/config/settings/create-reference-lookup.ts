// Looks up the names that configuration files refer to: settings with their defaults, and other variables.
import type { Variables } from './variables.ts';
import type { ReferenceContext } from './references.ts';
import { isSettingName, SETTINGS } from './settings.ts';
import type { Setting } from './setting.ts';
import type { SettingValues } from './settings.ts';

/** Makes the lookup for `resolveReferences` and `checkClientFiles`. */
export function createReferenceLookup(settings: SettingValues, variables: Variables): ReferenceContext {
  const { mode, values } = variables;
  return {
    known: [...Object.keys(SETTINGS), ...Object.keys(values)],
    lookup: (name) => {
      if (!isSettingName(name)) return values[name];
      const setting: Setting<unknown> = SETTINGS[name];
      const text = values[name] ?? (mode === 'production' ? setting.productionDefault : setting.default);
      // A setting that is invalid, or missing in production, is reported under its own name.
      if (settings[name] === undefined) return text === undefined && mode === 'development' ? undefined : null;
      return text;
    },
  };
}
