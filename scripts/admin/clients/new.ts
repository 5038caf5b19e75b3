// clients new: writes a valid file for a new client app.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { libraries, type Library } from '../../../samples/clients/libraries.ts';
import { checkClientFiles } from '../../../src/config/clients/check-client-files.ts';
import { digestOf } from '../../../src/config/clients/check-client-secrets.ts';
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { readClientFiles } from '../../../src/config/clients/read-client-files.ts';
import { didYouMean } from '../did-you-mean.ts';
import { makeSecret } from '../make-secret.ts';
import type { Action, Values } from '../topic.ts';
import { UsageError } from '../usage-error.ts';
import { fileForLibrary } from './library-file.ts';
import { findLibrary, settingsOf } from './library-settings.ts';
import { TEMPLATES, type Template } from './templates.ts';

export const create: Action = {
  operands: ['<template>'],
  does: `writes the file of a new client app (${Object.keys(TEMPLATES).join(', ')}), and asks for missing values`,
  options: {
    id: 'the client id',
    name: 'its name, as shown to customers',
    'name-ja': 'its Japanese name, if different',
    contact: 'the person or team responsible for it',
    'redirect-uri': 'the URL where customers return with a code',
    'jwks-uri': 'the URL of its public keys; default: /jwks.json at the origin of the redirect URI',
    scope: 'the scopes that it may request, separated by spaces',
    brand: 'toyota or lexus',
    library: `the library that it uses (${libraries()
      .map(([id]) => id)
      .join(', ')}): the file is made for it, and its settings are printed`,
  },
  flags: { secret: 'generates a client secret, shown once, instead of using its own key' },
  async run({ operands: [kind = ''], values: given, flags, env, directory }) {
    const template = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
    if (!template) throw new UsageError(`there is no template ${kind}${didYouMean(kind, Object.keys(TEMPLATES))}`);
    if (flags.has('secret') && kind !== 'web' && kind !== 'service')
      throw new UsageError(`--secret: a ${kind} client app has no secret`);
    if (kind === 'service' && !flags.has('secret') && given['jwks-uri'] === undefined)
      throw new UsageError('give --jwks-uri with the URL of its public keys, or --secret');
    const values = await ask(kind, template, given);
    const library = chosenLibrary(kind, values.library);
    // The samples of the libraries use a secret.
    const hasSecret = flags.has('secret') || (library?.kind === 'web' && values['jwks-uri'] === undefined);
    const secret = hasSecret ? makeSecret() : undefined;
    const hash = secret && `sha256:${digestOf(secret)}`;
    const content = library ? fileForLibrary(library, values, hash) : template.make(values, hash);
    const name = `config/clients/${values.id}.json`;
    const text = `${JSON.stringify(content, null, 2)}\n`;
    const issuer = checkFile(name, text, env, directory);
    if (existsSync(join(directory, name))) throw new Error(`${name} already exists`);
    writeFileSync(join(directory, name), text, { flag: 'wx' });
    const settings = library && settingsOf(values.library ?? '', library);
    const json = { file: name, ...content, ...(secret && { secret }), ...(settings !== undefined && { settings }) };
    const next = library ? howToUse(values, library, issuer, secret) : '';
    return { json, text: `${describe(name, values.id ?? '', secret)}${next}` };
  },
};

/** @throws {UsageError} if there is no such library, or if it is for another template */
function chosenLibrary(kind: string, id: string | undefined): Library | undefined {
  if (id === undefined || id === '') return undefined;
  const library = findLibrary(id);
  const ids = libraries().map(([name]) => name);
  if (!library) throw new UsageError(`there is no library ${id}${didYouMean(id, ids)}; the libraries are ${ids.join(', ')}`);
  if (library.kind !== kind) throw new UsageError(`${library.name} is for the template ${library.kind}, not ${kind}`);
  return library;
}

/** Describes the next steps: the environment that the sample reads, the library's settings, and the whole recipe. */
function howToUse({ id = '', library: chosen = '' }: Values, library: Library, issuer: string, secret?: string): string {
  const environment = { ISSUER: issuer, CLIENT_ID: id, ...(secret !== undefined && { CLIENT_SECRET: secret }) };
  const why = library.why ? [`The file has ${library.why.en}`, ''] : [];
  return `\n${[
    ...why,
    `The environment of your app:`,
    ...Object.entries(environment).map(([name, value]) => `  ${name}=${value}`),
    '',
    `The settings of ${library.name}, from samples/clients/${chosen}/${library.files[0]}:`,
    '',
    ...settingsOf(chosen, library)
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
    '',
    `The whole recipe: docs/clients/en/recipes.md#${chosen} (日本語: docs/clients/ja/recipes.md#${chosen})`,
  ].join('\n')}\n`;
}

async function ask(kind: string, { needs }: Template, given: Values): Promise<Values> {
  chosenLibrary(kind, given.library);
  const missing = Object.keys(needs).filter((option) => given[option] === undefined);
  if (missing.length === 0) return given;
  if (!process.stdin.isTTY) throw new UsageError(`give ${missing.map((option) => `--${option}`).join(', ')}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Reads lines, because all answers may be pasted at once.
  const answers = terminal[Symbol.asyncIterator]();
  const values = { ...given };
  const fitting = libraries().filter(([, library]) => library.kind === kind);
  const asked = given.library === undefined && fitting.length > 0 ? ['library', ...missing] : missing;
  const choices = `Library (${fitting.map(([id]) => id).join(', ')}; empty for another one)`;
  for (const option of asked) {
    const callback = option === 'redirect-uri' ? findLibrary(values.library ?? '')?.callback : undefined;
    const hint = callback === undefined ? '' : `, for this library https://<your app>${callback}`;
    terminal.setPrompt(`${option === 'library' ? choices : needs[option]}${hint}: `);
    terminal.prompt();
    const answer = await answers.next();
    if (answer.done) throw new Error('nothing was written, because some questions were not answered');
    values[option] = answer.value.trim();
    if (option === 'library') chosenLibrary(kind, values.library);
  }
  terminal.close();
  return values;
}

/**
 * Checks the file together with all other files, as the program does.
 * @returns the issuer of this installation
 * @throws {ConfigError} with the mistakes of the file
 */
function checkFile(name: string, text: string, env: NodeJS.ProcessEnv, directory: string): string {
  const others = readClientFiles(directory, []).filter((file) => file.name !== name);
  const { mode, issuer, sandbox: isSandbox } = loadConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  // A new file has no references to settings or secret files.
  const context = { mode, isSandbox, known: [], lookup: () => null, readSecretFile: () => null, now: Date.now() };
  const { problems } = checkClientFiles([...others, { name, text }], context);
  const ofFile = problems.filter(({ source }) => source === name);
  if (ofFile.length > 0) throw new ConfigError(ofFile);
  return issuer;
}

function describe(name: string, id: string, secret: string | undefined): string {
  const lines = [
    `Wrote ${name}. A running common ID loads it within seconds.`,
    ...(secret === undefined
      ? []
      : ['', `Client id      ${id}`, `Client secret  ${secret}`, 'The secret is shown only now; the file holds its hash.']),
    '',
    `Next: npm run admin -- clients show ${id}`,
    `      npm run admin -- clients test ${id}`,
  ];
  return `${lines.join('\n')}\n`;
}
