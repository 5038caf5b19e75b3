// Creates an installation as operators do, with files, keys, secrets and production settings, and adds people who can log in.
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import bcrypt from 'bcrypt';
import { makeKeyFile, NEEDED_KEYS } from '../../src/keys/key-files.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { BENCH_CLIENT, DEALER_SYSTEM, HASH_COST, ISSUER, JWT_RESOURCE, PASSWORD, PEOPLE } from './bench-client.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Creates an installation in an empty folder.
 * @returns the environment to start it with
 */
export async function makeInstallation(folder: string): Promise<Record<string, string>> {
  for (const part of ['src', 'views', 'config', 'package.json']) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'config/clients', `${BENCH_CLIENT.client_id}.json`), JSON.stringify(clientFile()));
  for (const needed of NEEDED_KEYS) await makeKeyFile(join(folder, 'data/keys'), needed, Date.now(), false);
  await registerPeople(join(folder, 'data/common-id.sqlite'));
  const secret = (): string => randomBytes(32).toString('hex');
  return {
    ISSUER,
    TRUST_PROXY: 'true',
    DATABASE_URL: 'sqlite:data/common-id.sqlite',
    KEY_DIRECTORY: 'data/keys',
    DEMO_DATA: 'false',
    COOKIE_KEYS: secret(),
    HMAC_KEY: secret(),
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'no-reply@id.example.jp',
    OWNERS_SITE_URL: 'https://owners.example.jp',
    NOTEBOOK_URL: 'https://notebook.example.jp',
    DEALER_SYSTEM_URL: DEALER_SYSTEM,
    DEMO_CLIENTS_URL: 'https://services.example.jp',
    OPERATIONS_CONSOLE_URL: 'https://operations.example.jp',
    GAZOO_CLIENT_SECRET: secret(),
    BENCH_CLIENT_SECRET: BENCH_CLIENT.client_secret,
    // Most measurements end at a refusal, and other programs may keep this one from its core.
    LONGEST_WAIT_MS: '60000',
    // A separate compile cache, so that the project's own is not filled with this installation's files.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
}

function clientFile(): object {
  return {
    client_id: BENCH_CLIENT.client_id,
    client_name: 'Bench',
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'BENCH_CLIENT_SECRET' },
    redirect_uris: [BENCH_CLIENT.redirect_uri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: `${BENCH_CLIENT.scope} ${JWT_RESOURCE.scope}`,
    common_id: { first_party: true, contact: 'bench@example.jp', refresh_rotation: true },
  };
}

async function registerPeople(path: string): Promise<void> {
  const storage = await openStorage(`sqlite:${path}`, Date.now);
  const password_hash = await bcrypt.hash(PASSWORD, HASH_COST);
  const write = async (email: string): Promise<void> => {
    const id = randomUUID();
    await storage.accounts.create(sampleAccount(id, { email, email_canonical: email, password_hash }), eventAbout(id));
  };
  await Promise.all(PEOPLE.map(write));
  await storage.close();
}
