// hand-over check: opens a `legacy_profile` as the endpoint does, and tells every mistake. It changes nothing: the `jti` stays unused.
import { readFileSync } from 'node:fs';
import { createClientKeySets } from '../../../src/oidc/clients/client-keys.ts';
import {
  findHandOverMistakes,
  MAY_NOT_HAND_OVER,
  type HandOver,
  type HandOverMistake,
} from '../../../src/oidc/migration/find-hand-over-mistakes.ts';
import { findClient } from '../clients/find-client.ts';
import type { Action } from '../topic.ts';
import { loadOwnKeys } from './own-keys.ts';

export const check: Action = {
  does: 'tells every mistake in a legacy_profile, and what it would prefill, masked; its jti stays unused',
  options: { client: 'the client id of the legacy site', file: 'a file with the legacy_profile; - reads standard input' },
  needs: ['client', 'file'],
  async run({ values: { client: id = '', file = '' }, ...input }) {
    const { client } = findClient(id, input.env, input.directory);
    const { config, keys } = loadOwnKeys(input);
    const value = readFileSync(file === '-' ? 0 : file, 'utf8').trim();
    const mistakes: HandOverMistake[] = [];
    const keySet = createClientKeySets()(client);
    if (!client.legacyImport || !keySet) mistakes.push({ part: 'client', sentence: MAY_NOT_HAND_OVER });
    const from = { clientId: id, keySet: keySet ?? noKeys, config, keys, now: Date.now() };
    const steps = findHandOverMistakes(value, from);
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) mistakes.push(step.value);
    const json = {
      ok: mistakes.length === 0,
      mistakes: mistakes.map((mistake) => ({ details: [], ...mistake })),
      dropped: step.value?.dropped ?? [],
      prefills: step.value ? prefills(step.value) : null,
    };
    return { json, text: describe(json), bad: !json.ok };
  },
};

async function noKeys(): Promise<never> {
  throw new Error('the client has no keys in its file (jwks or jwks_uri)');
}

/** Lists the fields that would be prefilled, by path. The values are personal data, so each shows its first character and its length. */
function prefills({ profile }: HandOver): Record<string, string> {
  const fields: Record<string, string> = {};
  const add = (path: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (typeof value === 'object')
      for (const [name, part] of Object.entries(value)) add(path === '' ? name : `${path}.${name}`, part);
    else fields[path] = masked(String(value));
  };
  add('', profile);
  return fields;
}

function masked(text: string): string {
  const characters = [...text];
  return `${characters[0] ?? ''}*** (${characters.length} characters)`;
}

type Told = {
  ok: boolean;
  mistakes: HandOverMistake[];
  dropped: HandOver['dropped'];
  prefills: Record<string, string> | null;
};

function describe({ ok, mistakes, dropped, prefills: fields }: Told): string {
  const lines = ok
    ? ['It would be accepted.']
    : [`It would be refused: ${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}.`];
  for (const { part, sentence, details = [] } of mistakes)
    lines.push(`  ${part}: ${sentence}`, ...details.map((one) => `    - ${one}`));
  if (dropped.length > 0)
    lines.push(
      '',
      'Left out, because a person may have typed it long ago:',
      ...dropped.map(({ claim, why }) => `  "${claim}" ${why}`),
    );
  if (fields)
    lines.push(
      '',
      'What was read of it, masked:',
      ...Object.entries(fields).map(([path, value]) => `  ${path.padEnd(32)}${value}`),
    );
  else if (!mistakes.some(({ part }) => part === 'profile'))
    lines.push('', 'The profile could not be read. There may be more mistakes in it.');
  return `${lines.join('\n')}\n`;
}
