// Loads the configuration: environment and files → one validated Config, or every mistake at once.
import { resolve } from 'node:path';
import { checkClientFiles, namesInClientFiles } from './clients/check-client-files.ts';
import { checkKeyFiles } from './unsafe/check-key-files.ts';
import type { AppName, Client, Config, FromFiles } from './config.ts';
import { ConfigError } from './problems/config-error.ts';
import { describeValue } from './problems/describe-value.ts';
import { digestFiles, noteReferences } from './files/file-digests.ts';
import { createReferenceLookup } from './settings/create-reference-lookup.ts';
import type { Problem } from './problems/problem.ts';
import { readClientFiles } from './clients/read-client-files.ts';
import { createReadSecretFile } from './settings/read-secret-file.ts';
import { checkNames, readSettings } from './settings/read-settings.ts';
import { readVariables } from './settings/read-variables.ts';
import type { Environment, Variables } from './settings/variables.ts';
import { readFileSections } from './files/file-sections.ts';
import { OWN_ORIGINS } from './settings/settings-having.ts';
import type { SettingValues } from './settings/settings.ts';
import { toConfig } from './to-config.ts';
import { checkShared } from './unsafe/check-unsafe-clients.ts';
import { checkUnsafeSettings } from './unsafe/check-unsafe-settings.ts';

export type LoadConfigOptions = {
  /** The environment. The .env file in `directory` adds variables that are not set. */
  env: Environment;
  /** The project's root, which contains config/. Relative paths start here. */
  directory: string;
  /** The apps that this process runs. The client files are read only for `id`. */
  apps: readonly AppName[];
  /** Epoch milliseconds; by default the current time. */
  now?: number;
  /** `unchecked` for the command that makes the keys. */
  keys?: 'unchecked';
};

/**
 * Loads the configuration. Without any settings, in development, it configures the whole demonstration. It then makes the
 * development secrets in the data directory if they are missing.
 * @throws {ConfigError} if there are mistakes; it lists all of them
 */
export function loadConfig(options: LoadConfigOptions): Config {
  const { config, problems } = inspectConfig(options);
  if (!config) throw new ConfigError(problems);
  return config();
}

/** The result of an inspection. */
export type Inspected = {
  /** The clients whose files have no errors. */
  clients: Client[];
  /** Errors and warnings. */
  problems: Problem[];
  /** Makes the configuration; `undefined` if there is an error. */
  config: (() => Config) | undefined;
};

/** Reads and checks the configuration. It writes nothing. */
export function inspectConfig({ env, directory, apps, now = Date.now(), keys }: LoadConfigOptions): Inspected {
  const problems: Problem[] = [];
  const variables = readVariables(env, directory, problems);
  checkApps(apps, variables, problems);

  const clientFiles = apps.includes('id') ? readClientFiles(directory, problems) : [];
  const referred = namesInClientFiles(clientFiles);
  const settings = readSettings(variables, apps, referred, problems);
  checkNames(variables, referred, problems);
  checkOwnOrigins(settings, variables, problems);
  checkUnsafeSettings(settings, variables, { root: directory, apps, checkKeys: keys !== 'unchecked' }, problems);

  const { known, lookup } = createReferenceLookup(settings, variables);
  const noted = noteReferences({ lookup, readSecretFile: createReadSecretFile(directory) });
  const { mode, isSandbox } = variables;
  const context = { ...noted, known, mode, isSandbox, now };
  const { clients, problems: clientProblems } = checkClientFiles(clientFiles, context);
  problems.push(...clientProblems);
  if (variables.mode === 'production') checkShared(clients, settings, problems);
  const areKnown =
    apps.includes('id') && !problems.some((problem) => isError(problem) && problem.source.startsWith('config/clients'));
  const fileContext = { ...context, directory, issuer: settings.ISSUER, clients: areKnown ? clients : undefined };
  const sections = readFileSections(fileContext, problems);
  if (variables.mode === 'production' && apps.includes('id') && settings.KEY_DIRECTORY !== undefined && keys !== 'unchecked')
    checkKeyFiles(resolve(directory, settings.KEY_DIRECTORY), directory, problems);

  if (!sections || problems.some(isError)) return { clients, problems, config: undefined };
  const files = digestFiles(directory, noted);
  const fromFiles: FromFiles = { files, clients, ...sections, warnings: problems };
  return { clients, problems, config: () => toConfig(directory, variables, settings, fromFiles) };
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

/** Checks that production starts one app per process: PORT can serve only one, and no app may hold the secrets of another. */
function checkApps(apps: readonly AppName[], { mode, isSandbox }: Variables, problems: Problem[]): void {
  const isOfDevelopment = (app: AppName | undefined): boolean => app === 'demo-clients' || (app === 'mailbox' && !isSandbox);
  if (mode === 'development' || (apps.length === 1 && !isOfDevelopment(apps[0]))) return;
  problems.push({
    severity: 'error',
    source: 'command line',
    expected:
      'the name of one app in production: id, owners-site, notebook, dealer or console (the mailbox and the demo clients are for development only)',
    found: apps.length === 0 ? 'none' : apps.join(', '),
    hint: 'start each by itself, as in: npm start -- id',
  });
}

/** Checks that no two apps share a port or an origin. */
function checkOwnOrigins(settings: SettingValues, variables: Variables, problems: Problem[]): void {
  const owners = new Map<string, string>();
  for (const name of OWN_ORIGINS) {
    const origin = settings[name];
    if (origin === undefined) continue;
    const owner = owners.get(origin);
    if (owner === undefined) {
      owners.set(origin, name);
      continue;
    }
    const found = `${describeValue(origin)}, which is ${owner}`;
    problems.push({ severity: 'error', source: variables.sourceOf(name), key: name, expected: 'a URL of its own', found });
  }
}
