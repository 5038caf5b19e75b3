// config print: prints the configuration without secrets.
import { inspectConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import type { Config } from '../../../src/config/config.ts';
import { withoutPassword } from '../command-line-secrets.ts';
import type { Action } from '../topic.ts';

const HIDDEN = '(not shown)';

export const print: Action = {
  does: 'prints the configuration from settings and files, without secrets',
  async run({ env, directory }) {
    const { config, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
    if (!config) throw new ConfigError(problems);
    const redacted = redact(config());
    return { json: redacted, text: `${JSON.stringify(redacted, null, 2)}\n` };
  },
};

function redact(config: Config): object {
  const { cookieKeys, keys: _keys, fromFiles: _fromFiles, mail, databaseUrl, clients, terms, privacy, ...rest } = config;
  return {
    ...rest,
    keys: HIDDEN,
    demoClients: { ...rest.demoClients, secret: HIDDEN },
    cookieKeys: cookieKeys.map(() => HIDDEN),
    databaseUrl: withoutPassword(databaseUrl),
    mail: { ...mail, smtpUrl: withoutPassword(mail.smtpUrl) },
    clients: clients.map(({ secrets, ...client }) => ({
      ...client,
      ...(secrets && { secrets: secrets.map(({ digest: _digest, ...times }) => ({ digest: HIDDEN, ...times })) }),
    })),
    terms: terms.map(({ markdown, ...version }) => ({ ...version, characters: markdown.length })),
    privacy: { ja: `${privacy.ja.length} characters`, en: `${privacy.en.length} characters` },
  };
}
