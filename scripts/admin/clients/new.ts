// clients new: writes the file of a new client app, which is right from the start.
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
  does: `writes the file of a new client app (${Object.keys(TEMPLATES).join(', ')}), asking for what it needs`,
  options: {
    id: 'the client id',
    name: 'its name, as customers read it',
    'name-ja': 'its name in Japanese, where that is another one',
    contact: 'whom to ask about it',
    'redirect-uri': 'where customers come back with a code',
    'jwks-uri': 'where its public keys are; /jwks.json beside the redirect URI where it is left out',
    scope: 'the scopes that it may ask for, with spaces between them',
    brand: 'toyota or lexus',
  },
  flags: { secret: 'gives it a secret, shown once, instead of a key of its own' },
  async run({ operands: [kind = ''], values: given, flags, env, directory }) {
    const template = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
    if (!template) throw new UsageError(`there is no template ${kind}${didYouMean(kind, Object.keys(TEMPLATES))}`);
    if (flags.has('secret') && kind !== 'web' && kind !== 'service')
      throw new UsageError(`--secret: a client app of ${kind} has none`);
    if (kind === 'service' && !flags.has('secret') && given['jwks-uri'] === undefined)
      throw new UsageError('give --jwks-uri with the URL of its public keys, or --secret');
    const values = await ask(template, given);
    const secret = flags.has('secret') ? makeSecret() : undefined;
    const content = template.make(values, secret && `sha256:${digestOf(secret)}`);
    const name = `config/clients/${values.id}.json`;
    const text = `${JSON.stringify(content, null, 2)}\n`;
    checkFile(name, text, env, directory);
    if (existsSync(join(directory, name))) throw new Error(`${name} is there already`);
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
  // As lines, because answers may be pasted all together.
  const answers = terminal[Symbol.asyncIterator]();
  const values = { ...given };
  for (const option of missing) {
    terminal.setPrompt(`${needs[option]}: `);
    terminal.prompt();
    const answer = await answers.next();
    if (answer.done) throw new Error('nothing was written, because not everything was answered');
    values[option] = answer.value.trim();
  }
  terminal.close();
  return values;
}

/** With all the other files, as the program would. */
function checkFile(name: string, text: string, env: NodeJS.ProcessEnv, directory: string): void {
  const others = readClientFiles(directory, []).filter((file) => file.name !== name);
  const mode = loadConfig({ env, directory, apps: ['id'], keys: 'unchecked' }).mode;
  // Nothing of a new file refers to anything.
  const context = { mode, known: [], lookup: () => null, readSecretFile: () => null, now: Date.now() };
  const { problems } = checkClientFiles([...others, { name, text }], context);
  const ofFile = problems.filter(({ source }) => source === name);
  if (ofFile.length > 0) throw new ConfigError(ofFile);
}

function describe(name: string, id: string, secret: string | undefined): string {
  const lines = [
    `Wrote ${name}. A common ID that is running has taken it up within seconds.`,
    ...(secret === undefined
      ? []
      : ['', `Client id      ${id}`, `Client secret  ${secret}`, 'The secret is shown this once; the file has its hash.']),
    '',
    `What next: npm run admin -- clients show ${id}`,
    `           npm run admin -- clients test ${id}`,
  ];
  return `${lines.join('\n')}\n`;
}
