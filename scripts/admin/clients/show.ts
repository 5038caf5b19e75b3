// clients show: prints one client app with all defaults.
import { asFile } from './compare-plan.ts';
import { findClient } from './find-client.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';

export const show: Action = {
  operands: ['<client_id>'],
  does: 'shows a client app with references resolved and defaults filled in',
  async run({ operands: [id = ''], env, directory }) {
    const { client, file } = findClient(id, env, directory);
    const { secrets, ...rest } = client;
    const shown = { file, ...rest, ...(secrets && { secrets: secrets.map(withoutDigest) }) };
    return {
      json: shown,
      text: table([['file', file], ['client_id', id], ...asFile(client), ['common_id.enabled', String(client.enabled)]]),
    };
  },
};

function withoutDigest({ notBefore, notAfter }: { notBefore?: number; notAfter?: number }): object {
  const told = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toISOString());
  return { digest: '(not shown)', not_before: told(notBefore), not_after: told(notAfter) };
}
