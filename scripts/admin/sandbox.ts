// npm run admin -- sandbox …: makes people for tests in a sandbox or in development.
import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { ConfigError } from '../../src/config/problems/config-error.ts';
import { inspectConfig } from '../../src/config/load.ts';
import { parseEmail } from '../../src/domain/canonical-email.ts';
import { makeProfile, profileField } from '../../src/domain/profile-fields.ts';
import { confirmClaims } from '../../src/domain/required-profile.ts';
import { LANGUAGES } from '../../src/language.ts';
import { createSharedDeps } from '../../src/start/create-deps.ts';
import { writeAccount } from '../../src/start/demo-data.ts';
import { checkSandboxDatabase } from '../../src/start/sandbox-mark.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { findClient } from './clients/find-client.ts';
import { createTopic, type Action } from './topic.ts';
import { UsageError } from './usage-error.ts';

/** Nobody can own such an address (RFC 2606). */
const DOMAIN = 'sandbox.example';

const person: Action = {
  does: 'makes a test person with an ID, and prints address and password',
  options: {
    'required-claims': 'a client id: the person also has the claims that this client app requires, and has confirmed them',
    email: `the address; default: a new one at ${DOMAIN}`,
    language: 'ja or en; default: ja',
  },
  async run({ values, env, directory }) {
    const { config: make, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
    if (!make) throw new ConfigError(problems);
    const config = make();
    if (!config.sandbox && config.mode === 'production')
      throw new Error('test people are for a sandbox (SANDBOX=true) and for development, never beside customers');
    const email = values.email === undefined ? `test-${randomBytes(5).toString('hex')}@${DOMAIN}` : addressOf(values.email);
    const language = LANGUAGES.find((known) => known === (values.language ?? 'ja'));
    if (!language) throw new UsageError(`--language: expected ${LANGUAGES.join(' or ')}`);
    const clientId = values['required-claims'];
    const required = clientId === undefined ? [] : findClient(clientId, env, directory).client.requiredClaims;
    const claims = required.map(({ claim }) => claim);
    const profile = makeProfile((key, { example }) =>
      profileField(key).asked.registration !== 'no' || claims.includes(key) ? example : undefined,
    );
    const password = `Test-${randomBytes(6).toString('hex')}-7`;

    const shared = await createSharedDeps(config, Date.now, createLog('admin', 'silent'));
    try {
      await checkSandboxDatabase(shared.storage, config, Date.now());
      const hasher = { hash: async (text: string) => bcrypt.hash(text, config.passwordHashCost) };
      const deps = { storage: shared.storage, config, clock: Date.now, hasher };
      const account = await writeAccount(deps, { email, profile, password, language });
      if (!account) throw new Error(`${email} has an ID already`);
      if (clientId !== undefined && claims.length > 0)
        await shared.storage.accounts.change(account.id, (standing) => ({
          to: confirmClaims(standing, clientId, claims, Date.now()),
          type: 'account.profile_confirmed',
          data: { client_id: clientId, claims: claims.join(' ') },
        }));
    } finally {
      await shared.storage.close();
    }
    const lines = [
      ['Address', email],
      ['Password', password],
      ['Mails to it', config.mailbox.origin || 'the mailbox'],
      ...(claims.length > 0 ? [[`Has for ${clientId}`, claims.join(', ')]] : []),
    ];
    const text = lines.map(([name = '', value]) => `${name.padEnd(20)}${value}\n`).join('');
    return { json: { email, password, language, claims: Object.keys(profile) }, text };
  },
};

export const command = createTopic('sandbox', { person });

function addressOf(typed: string): string {
  const parsed = parseEmail(typed);
  if (!parsed.ok) throw new UsageError(`--email: expected a mail address, found '${typed}'`);
  return parsed.canonical;
}
