// clients new: writes a valid file for a new client app.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { checkClientFiles } from '../../../src/config/clients/check-client-files.ts';
import { digestOf } from '../../../src/config/clients/check-client-secrets.ts';
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { readClientFiles } from '../../../src/config/clients/read-client-files.ts';
import { didYouMean } from '../did-you-mean.ts';
import { makeSecret } from '../make-secret.ts';
import type { Action, Values } from '../topic.ts';
import { UsageError } from '../usage-error.ts';
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
  },
  flags: { secret: 'generates a client secret, shown once, instead of using its own key' },
  async run({ operands: [kind = ''], values: given, flags, env, directory }) {
    const template = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
    if (!template) throw new UsageError(`there is no template ${kind}${didYouMean(kind, Object.keys(TEMPLATES))}`);
    if (flags.has('secret') && kind !== 'web' && kind !== 'service')
      throw new UsageError(`--secret: a ${kind} client app has no secret`);
    if (kind === 'service' && !flags.has('secret') && given['jwks-uri'] === undefined)
      throw new UsageError('give --jwks-uri with the URL of its public keys, or --secret');
    const values = await ask(template, given);
    const secret = flags.has('secret') ? makeSecret() : undefined;
    const content = template.make(values, secret && `sha256:${digestOf(secret)}`);
    const name = `config/clients/${values.id}.json`;
    const text = `${JSON.stringify(content, null, 2)}\n`;
    checkFile(name, text, env, directory);
    if (existsSync(join(directory, name))) throw new Error(`${name} already exists`);
    writeFileSync(join(directory, name), text, { flag: 'wx' });
    const json = { file: name, ...content, ...(secret && { secret }) };
    return { json, text: describe(name, values.id ?? '', secret) };
  },
};

async function ask({ needs }: Template, given: Values): Promise<Values> {
  const missing = Object.keys(needs).filter((option) => given[option] === undefined);
  if (missing.length === 0) return given;
  if (!process.stdin.isTTY) throw new UsageError(`give ${missing.map((option) => `--${option}`).join(', ')}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Reads lines, because all answers may be pasted at once.
  const answers = terminal[Symbol.asyncIterator]();
  const values = { ...given };
  for (const option of missing) {
    terminal.setPrompt(`${needs[option]}: `);
    terminal.prompt();
    const answer = await answers.next();
    if (answer.done) throw new Error('nothing was written, because some questions were not answered');
    values[option] = answer.value.trim();
  }
  terminal.close();
  return values;
}

/** Checks the file together with all other files, as the program does. */
function checkFile(name: string, text: string, env: NodeJS.ProcessEnv, directory: string): void {
  const others = readClientFiles(directory, []).filter((file) => file.name !== name);
  const mode = loadConfig({ env, directory, apps: ['id'], keys: 'unchecked' }).mode;
  // A new file has no references to settings or secret files.
  const context = { mode, known: [], lookup: () => null, readSecretFile: () => null, now: Date.now() };
  const { problems } = checkClientFiles([...others, { name, text }], context);
  const ofFile = problems.filter(({ source }) => source === name);
  if (ofFile.length > 0) throw new ConfigError(ofFile);
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
