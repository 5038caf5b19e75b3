// clients check: reports every mistake in every client file.
import { inspectConfig } from '../../../src/config/load.ts';
import { reportProblems } from '../problems.ts';
import type { Action } from '../topic.ts';

export const check: Action = {
  does: 'checks all files of config/clients, and reports every mistake',
  async run({ env, directory }) {
    const { clients, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
    const ofClients = problems.filter(({ source }) => source.startsWith('config/clients'));
    return reportProblems(ofClients, `${clients.length} client apps, no mistakes`);
  },
};
