// Reads the settings from the variables, and finds misspelled names.
import { describeValue } from '../problems/describe-value.ts';
import { nearestName } from '../problems/nearest-name.ts';
import type { Problem } from '../problems/problem.ts';
import { DOT_ENV } from './read-variables.ts';
import { isSecretSetting, secretFileName } from './secret-names.ts';
import { SECRET_NAMES } from './settings-having.ts';
import { SETTING_NAMES, SETTINGS } from './settings.ts';
import type { AppName, Setting } from './setting.ts';
import type { SettingName, SettingValues } from './settings.ts';
import type { Variables } from './variables.ts';

/**
 * Reads every setting and reports mistakes.
 * @param apps the apps of this process; in production only the settings that they need are required
 * @param referred the names that the files of enabled clients refer to, each with those files
 */
export function readSettings(
  variables: Variables,
  apps: readonly AppName[],
  referred: ReadonlyMap<string, string[]>,
  problems: Problem[],
): SettingValues {
  const { mode, isSandbox, values, sourceOf, givenBy } = variables;
  const read = (name: SettingName): unknown => {
    const setting: Setting<unknown> = SETTINGS[name];
    const said = values[name]?.trim();
    const key = givenBy(name);
    const error = (found: string, hint: string | undefined): undefined => {
      problems.push({ severity: 'error', source: sourceOf(key), key, expected: setting.expected(mode, isSandbox), found, hint });
    };
    // The problem with the file is reported already.
    if (said === undefined && values[secretFileName(name)] !== undefined && isSecretSetting(name)) return undefined;
    const sandboxDefault = isSandbox ? setting.sandboxDefault : undefined;
    const text = said ?? (mode === 'production' ? (sandboxDefault ?? setting.productionDefault) : setting.default);
    if (text === undefined) {
      const files = referred.get(name);
      const needed = files !== undefined || setting.neededBy.some((app) => apps.includes(app));
      return mode === 'production' && needed ? error(describeMissing(setting), files && usedBy(files)) : undefined;
    }
    if (text === '' || (said === undefined && setting.derived)) return undefined;
    const value = setting.parse(text, mode, isSandbox);
    const hint = (): string | undefined => setting.hint?.(text, mode, isSandbox);
    return value ?? error(setting.secret ? describeSecret(text, setting) : describeValue(text), hint());
  };
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, read(name)])) as SettingValues;
}

/**
 * Reports names that are probably misspelled settings. The .env file is ours, so an unknown name in it is an error. The
 * environment also serves other programs, so a name there is a warning, and only if it is one slip away from a setting that is
 * not set.
 */
export function checkNames(variables: Variables, referred: ReadonlyMap<string, string[]>, problems: Problem[]): void {
  const known = [...SETTING_NAMES, ...SECRET_NAMES.map(secretFileName), 'NODE_ENV', ...referred.keys()];
  for (const name of Object.keys(variables.values)) {
    if (known.includes(name)) continue;
    const isOurs = variables.inFile.includes(name);
    // Filter first, because an environment has many names and each comparison is slow.
    const nearest = nearestName(name, isOurs ? known : known.filter((setting) => isSlipOf(name, setting, variables)));
    if (isOurs) {
      const hint = nearest === undefined ? 'see .env.example for all of them' : `did you mean ${nearest}?`;
      problems.push({
        severity: 'error',
        source: DOT_ENV,
        key: name,
        expected: 'the name of a setting',
        found: describeValue(name),
        hint,
      });
    } else if (nearest !== undefined) {
      const hint = `did you mean ${nearest}?`;
      problems.push({
        severity: 'warning',
        source: 'environment',
        key: name,
        expected: 'the name of a setting',
        found: describeValue(name),
        hint,
      });
    }
  }
}

/** Whether a name may be a misspelled setting. Short names (HOME and HOST) resemble each other by chance. */
function isSlipOf(name: string, setting: string, { values }: Variables): boolean {
  return setting.length >= 8 && Math.abs(name.length - setting.length) <= 1 && values[setting] === undefined;
}

function describeMissing(setting: Setting<unknown>): string {
  if (setting.default === undefined || setting.default === '') return 'nothing';
  return `nothing (${setting.secret ? 'the default' : setting.default} is for development only)`;
}

function usedBy(files: string[]): string {
  return `${files.join(', ')} ${files.length === 1 ? 'uses' : 'use'} it`;
}

function describeSecret(text: string, setting: Setting<unknown>): string {
  return text === setting.default ? 'the value of development' : `a value of ${text.length} characters (not shown)`;
}
