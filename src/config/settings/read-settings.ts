// Reads the settings from the environment and the .env file.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { AppName } from '../config.ts';
import { describeValue } from '../problems/describe-value.ts';
import { nearestName } from '../problems/nearest-name.ts';
import type { Problem } from '../problems/problem.ts';
import { readTextFile } from '../problems/read-json-file.ts';
import { createReadSecretFile } from './read-secret-file.ts';
import { isSecretSetting, readSecretSettings, SECRET_NAMES, secretFileName } from './read-secret-settings.ts';
import { SETTINGS } from './settings.ts';
import type { Setting, SettingName, SettingValues } from './settings.ts';
import type { Mode } from '../problems/web-url.ts';

export type Environment = Record<string, string | undefined>;

const NAMES = Object.keys(SETTINGS) as SettingName[];
const DOT_ENV = '.env';

/** Every variable, and where it comes from. */
export type Variables = {
  mode: Mode;
  /** The environment over the .env file; what is empty counts as not said. */
  values: Environment;
  /** Where a variable that somebody may have set is told: `environment` or `.env`. */
  sourceOf: (name: string) => string;
  /** Which variable gave the value of a setting: its own, or for a secret in a file `NAME_FILE`. */
  givenBy: (name: SettingName) => string;
  /** The names that the .env file sets. */
  inFile: string[];
};

/** Puts the environment and the .env file of the project's root together; the real environment wins. */
export function readVariables(env: Environment, directory: string, problems: Problem[]): Variables {
  const path = join(directory, DOT_ENV);
  const file: Environment = existsSync(path) ? parseEnv(readTextFile(directory, DOT_ENV, problems) ?? '') : {};
  const said = ([, value]: [string, string | undefined]): boolean => value !== undefined && value.trim() !== '';
  const values: Environment = Object.fromEntries([...Object.entries(file), ...Object.entries(env).filter(said)].filter(said));
  const inFile = Object.keys(file);
  const sourceOf = (name: string): string => (inFile.includes(name) && values[name] !== env[name] ? DOT_ENV : 'environment');
  const mode = readMode(values.NODE_ENV, sourceOf('NODE_ENV'), problems);
  const fromFiles = readSecretSettings({ mode, values, sourceOf }, createReadSecretFile(directory), problems);
  return {
    mode,
    values: { ...values, ...fromFiles },
    sourceOf,
    givenBy: (name) => (fromFiles[name] === undefined ? name : secretFileName(name)),
    inFile,
  };
}

function readMode(value: string | undefined, source: string, problems: Problem[]): Mode {
  // Test runners set `test`; what they start is a development installation.
  if (value === undefined || value === 'development' || value === 'test') return 'development';
  if (value !== 'production') {
    const expected = 'development or production';
    problems.push({ severity: 'error', source, key: 'NODE_ENV', expected, found: describeValue(value) });
  }
  // Whoever misspelt "production" must not be told about development only.
  return 'production';
}

/**
 * Reads every setting.
 * @param apps what this process runs: what none of them needs may be missing in production
 * @param referred the names that the files of enabled client apps refer to, and the files that do
 */
export function readSettings(
  variables: Variables,
  apps: readonly AppName[],
  referred: ReadonlyMap<string, string[]>,
  problems: Problem[],
): SettingValues {
  const { mode, values, sourceOf, givenBy } = variables;
  const read = (name: SettingName): unknown => {
    const setting: Setting<unknown> = SETTINGS[name];
    const said = values[name]?.trim();
    const key = givenBy(name);
    const error = (found: string, mend: string | undefined): undefined => {
      problems.push({ severity: 'error', source: sourceOf(key), key, expected: setting.expected(mode), found, mend });
    };
    // The problem with the file has already been reported.
    if (said === undefined && values[secretFileName(name)] !== undefined && isSecretSetting(name)) return undefined;
    const text = said ?? (mode === 'production' ? setting.productionDefault : setting.default);
    if (text === undefined) {
      const files = referred.get(name);
      const needed = files !== undefined || setting.neededBy.some((app) => apps.includes(app));
      return mode === 'production' && needed ? error(describeMissing(setting), files && usedBy(files)) : undefined;
    }
    if (text === '' || (said === undefined && setting.derived)) return undefined;
    const value = setting.parse(text, mode);
    return value ?? error(setting.secret ? describeSecret(text, setting) : describeValue(text), setting.mend?.(text, mode));
  };
  return Object.fromEntries(NAMES.map((name) => [name, read(name)])) as SettingValues;
}

/**
 * Finds names that are probably a setting misspelt. The .env file is ours: every name in it must be known. The environment is not:
 * there a name only draws a warning, and only where it is one slip away from a setting that nobody has set.
 */
export function checkNames(variables: Variables, referred: ReadonlyMap<string, string[]>, problems: Problem[]): void {
  const known = [...NAMES, ...SECRET_NAMES.map(secretFileName), 'NODE_ENV', ...referred.keys()];
  for (const name of Object.keys(variables.values)) {
    if (known.includes(name)) continue;
    const isOurs = variables.inFile.includes(name);
    // An environment has many names, and each comparison takes its time.
    const nearest = nearestName(name, isOurs ? known : known.filter((setting) => isSlipOf(name, setting, variables)));
    if (isOurs) {
      const mend = nearest === undefined ? 'see .env.example for all of them' : `did you mean ${nearest}?`;
      problems.push({
        severity: 'error',
        source: DOT_ENV,
        key: name,
        expected: 'the name of a setting',
        found: describeValue(name),
        mend,
      });
    } else if (nearest !== undefined) {
      const mend = `did you mean ${nearest}?`;
      problems.push({
        severity: 'warning',
        source: 'environment',
        key: name,
        expected: 'the name of a setting',
        found: describeValue(name),
        mend,
      });
    }
  }
}

/** Whether the setting may have been meant. Short names (HOME and HOST) are near to one another by chance. */
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
