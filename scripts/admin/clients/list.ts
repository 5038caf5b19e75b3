// clients list: prints one line for each client app.
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import { inspectConfig } from '../../../src/config/load.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';

export const list: Action = {
  does: 'lists the client apps of config/clients',
  async run({ env, directory }) {
    const { clients, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
    const errors = problems.filter(({ severity, source }) => severity === 'error' && source.startsWith('config/clients'));
    if (errors.length > 0) throw new ConfigError(errors);
    const rows = clients.map(({ metadata, name, brand, firstParty, enabled }) => ({
      client_id: metadata.client_id,
      name: name.ja,
      type: String(metadata.application_type),
      authentication: String(metadata.token_endpoint_auth_method),
      brand,
      first_party: firstParty,
      enabled,
    }));
    const head = ['CLIENT ID', 'NAME', 'TYPE', 'AUTHENTICATION', 'BRAND', 'OURS', 'ENABLED'];
    const cells = rows.map((row) =>
      Object.values(row).map((value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : value)),
    );
    return { json: rows, text: table([head, ...cells]) };
  },
};
