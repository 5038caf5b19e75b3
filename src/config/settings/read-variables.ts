// Reads the variables of the environment, the .env file and the secret files.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describeValue } from '../problems/describe-value.ts';
import type { Problem } from '../problems/problem.ts';
import { readTextFile } from '../problems/read-json-file.ts';
import type { Mode } from '../problems/web-url.ts';
import { createReadSecretFile } from './read-secret-file.ts';
import { readSecretSettings } from './read-secret-settings.ts';
import { secretFileName } from './secret-names.ts';
import type { Environment, Variables } from './variables.ts';

/** The file in the project's root that adds variables that the environment does not set. */
export const DOT_ENV = '.env';

/** Merges the environment and the .env file of the project's root. The environment takes precedence. */
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
    isSandbox: values.SANDBOX?.trim() === 'true',
    values: { ...values, ...fromFiles },
    sourceOf,
    givenBy: (name) => (fromFiles[name] === undefined ? name : secretFileName(name)),
    inFile,
  };
}

function readMode(value: string | undefined, source: string, problems: Problem[]): Mode {
  // Test runners set `test`; treat it as development.
  if (value === undefined || value === 'development' || value === 'test') return 'development';
  if (value !== 'production') {
    const expected = 'development or production';
    problems.push({ severity: 'error', source, key: 'NODE_ENV', expected, found: describeValue(value) });
  }
  // Treat an unknown value as production, so that a misspelled "production" does not get the weaker checks.
  return 'production';
}
