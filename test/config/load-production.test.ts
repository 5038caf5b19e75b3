// The configuration in production: no development defaults, no weak keys, no secret is shown.
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { makeKeyFile, NEEDED_KEYS, type KeyUse } from '../../src/keys/key-files.ts';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import { EVERY_APP, NOW, prepareLoading } from './prepare-loading.ts';

const { make, load, sentences, production, clean } = await prepareLoading();
afterAll(clean);

const PRODUCTION: Record<string, string> = production;

describe('production', () => {
  const https = 'an https URL without a path';

  test('refuses every default of development at once, by name', () => {
    const told = sentences({ NODE_ENV: 'production' }, make(), EVERY_APP);
    expect(told).toEqual([
      'command line: expected the name of one app in production: id, owners-site, notebook, dealer or console (the mailbox and the demo clients are for development only), found id, owners-site, notebook, dealer, mailbox; start each by itself, as in: npm start -- id',
      `environment: ISSUER: expected ${https}, found nothing (http://localhost:3000 is for development only)`,
      'environment: PORT: expected a port, a whole number from 0 to 65535, found nothing (3000 is for development only)',
      expect.stringContaining(
        `environment: OWNERS_SITE_URL: expected ${https}, found nothing (http://localhost:3001 is for development only)`,
      ),
      expect.stringContaining(
        `environment: NOTEBOOK_URL: expected ${https}, found nothing (http://localhost:3002 is for development only)`,
      ),
      `environment: DEALER_SYSTEM_URL: expected ${https}, found nothing (http://localhost:3003 is for development only)`,
      `environment: DEMO_CLIENTS_URL: expected ${https}, found nothing (http://localhost:3005 is for development only); config/clients/gazoo.json, config/clients/lexus.json, config/clients/my-route.json, config/clients/toyota-jp.json, config/clients/toyota-share.json use it`,
      expect.stringContaining(
        `environment: OPERATIONS_CONSOLE_URL: expected ${https}, found nothing (http://localhost:3006 is for development only)`,
      ),
      'environment: SMTP_URL: expected the URL of a mail server, such as smtps://user:password@mail.example.jp (there is no mailbox of development in production), found nothing (the default is for development only)',
      'environment: MAIL_FROM: expected the sender of mails, such as Example ID <no-reply@id.example.jp>, found nothing (TOYOTA/LEXUS共通ID <no-reply@id.toyota.jp> is for development only)',
      'environment: DATABASE_URL: expected sqlite:<path of a file>, or a mongodb:// or mongodb+srv:// URL, found nothing (the default is for development only)',
      'environment: KEY_DIRECTORY: expected the directory of the signing and encryption keys, found nothing (data/keys is for development only)',
      'environment: COOKIE_KEYS: expected secrets of at least 32 characters with commas between them (the first signs, all verify), found nothing',
      'environment: HMAC_KEY: expected a secret of at least 32 characters, found nothing',
      'environment: TRUST_PROXY: expected how many reverse proxies stand in front (false is none, true is one, at most 9), or their addresses and networks with commas between them, such as 192.0.2.7,10.0.0.0/8, found nothing (false is for development only)',
      'environment: DEMO_DATA: expected false: everybody knows the passwords of the demo data, found nothing (true is for development only)',
      'environment: GAZOO_CLIENT_SECRET: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~, and not the secret of development, found nothing (the default is for development only); config/clients/gazoo.json uses it',
      'environment: SUPPORT_PHONE: expected the number of your support desk, found nothing: pages and mails tell customers nobody to ask',
    ]);
  });

  test('refuses these values also if they are set explicitly', () => {
    const env = {
      ...PRODUCTION,
      ISSUER: 'http://id.example.jp',
      DEMO_CLIENTS_URL: 'http://localhost:3005',
      MAILBOX_URL: 'http://localhost:3004',
      DEMO_DATA: 'true',
      GAZOO_CLIENT_SECRET: GAZOO_DEVELOPMENT_SECRET,
      PASSWORD_HASH_COST: '9',
    };
    expect(sentences(env, make(), ['id'])).toEqual([
      `environment: ISSUER: expected ${https}, found 'http://id.example.jp'; use https://id.example.jp`,
      "environment: MAILBOX_URL: expected nothing, because the mailbox is for development and sandboxes only, found 'http://localhost:3004'; remove it",
      `environment: DEMO_CLIENTS_URL: expected ${https}, found 'http://localhost:3005'; use https://localhost:3005`,
      "environment: DEMO_DATA: expected false: everybody knows the passwords of the demo data, found 'true'",
      'environment: GAZOO_CLIENT_SECRET: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~, and not the secret of development, found the value of development; make one with: openssl rand -hex 32',
      "environment: PASSWORD_HASH_COST: expected the cost of bcrypt, a whole number from 10 to 16, found '9'",
    ]);
  });

  test('names keys that are missing, made for development, or readable by everybody, and refuses them', async () => {
    const project = make();
    const [es256, rs256] = NEEDED_KEYS;
    const env = { ...PRODUCTION, KEY_DIRECTORY: 'keys' };
    const rotate = 'make them with: npm run admin -- keys rotate';
    expect(sentences(env, project, ['id'])).toEqual(
      NEEDED_KEYS.map(({ alg }) => `${join(project.directory, 'keys')}: expected an ${alg} key, found none; ${rotate}`),
    );
    const open = await makeKeyFile(join(project.directory, 'keys'), es256 as KeyUse, 0, false);
    const development = await makeKeyFile(join(project.directory, 'keys'), rs256 as KeyUse, NOW, true);
    chmodSync(open.path, 0o644);
    const [openName, developmentName] = [open, development].map(({ kid }) => `keys/${kid}.json`);
    expect(sentences({ ...env, DEMO_DATA: 'true' }, project, ['id'])).toEqual([
      "environment: DEMO_DATA: expected false: everybody knows the passwords of the demo data, found 'true'",
      `${join(project.directory, 'keys')}: expected an ECDH-ES+A256KW key, found none; ${rotate}`,
      `${openName}: expected a key that only its owner can read, found one that everybody can read; chmod 600 ${openName}`,
      `${developmentName}: expected a key that was made for production, found one that was made for development; ${rotate}`,
    ]);
    expect(sentences({ ...env, DEMO_DATA: 'true', NODE_ENV: 'development' }, project, ['id'])).toEqual([]);
  });

  test('loads with a complete configuration, and writes nothing', () => {
    const project = make();
    const config = load(PRODUCTION, project, ['id']);
    expect(config).toMatchObject({
      mode: 'production',
      issuer: 'https://id.example.jp',
      port: 8080,
      demo: false,
      trustProxy: 1,
    });
    expect(config.clients.find(({ metadata }) => metadata.client_id === 'gazoo')?.secrets).toEqual([
      { digest: digestOf(PRODUCTION.GAZOO_CLIENT_SECRET ?? '') },
    ]);
    expect(existsSync(config.dataDirectory)).toBe(false);
  });

  test('requires of another app only what that app needs', () => {
    const needed = [
      'NODE_ENV',
      'ISSUER',
      'OWNERS_SITE_URL',
      'NOTEBOOK_URL',
      'DEALER_SYSTEM_URL',
      'SMTP_URL',
      'MAIL_FROM',
      'COOKIE_KEYS',
      'TRUST_PROXY',
      'DEMO_DATA',
    ];
    const env = Object.fromEntries(Object.entries(PRODUCTION).filter(([name]) => needed.includes(name)));
    const config = load({ ...env, PORT: '8081' }, make(), ['owners-site']);
    expect(config.ownersSite).toMatchObject({ origin: 'https://owners.example.jp', port: 8081 });
    expect(config.clients).toEqual([]);
    // Even without HMAC_KEY the keys are not derived from an empty text.
    const fromNothing = makeSecretKeys({ hmac: '', subject: undefined, ledger: undefined });
    expect(config.keys.emailCode.equals(fromNothing.emailCode)).toBe(false);
  });

  test('does not require settings that only a disabled client app refers to', () => {
    const project = make();
    project.edit('config/clients/gazoo.json', { 'common_id.enabled': false });
    for (const id of ['lexus', 'my-route', 'toyota-jp', 'toyota-share', 'operations-console'])
      project.remove(`config/clients/${id}.json`);
    const { DEMO_CLIENTS_URL: _url, GAZOO_CLIENT_SECRET: _secret, OPERATIONS_CONSOLE_URL: _console, ...env } = PRODUCTION;
    expect(sentences(env, project, ['id'])).toEqual([]);
  });

  test('never shows a secret', () => {
    const told = sentences(
      {
        ...PRODUCTION,
        COOKIE_KEYS: 'canary-1',
        HMAC_KEY: 'canary-2',
        GAZOO_CLIENT_SECRET: 'canary-3',
        SMTP_URL: 'canary-4',
        DATABASE_URL: 'canary-5',
      },
      make(),
      ['id'],
    );
    expect(told).toHaveLength(5);
    expect(told.join()).not.toContain('canary');
  });
});
