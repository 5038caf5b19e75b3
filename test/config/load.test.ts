// The whole configuration: the shipped files load without any setting, and all mistakes are reported together.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { ConfigError } from '../../src/config/problems/config-error.ts';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import type { Environment } from '../../src/config/settings/variables.ts';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import type { TemporaryProject } from './temporary-project.ts';
import { prepareLoading } from './prepare-loading.ts';

const { make, load, sentences, production, clean } = await prepareLoading();
afterAll(clean);

const SECRET = '0123456789abcdef0123456789abcdef';
const PRODUCTION: Record<string, string> = production;

describe('the shipped configuration', () => {
  test('loads with no environment at all', () => {
    const project = make();
    const config = load({}, project);
    expect(config).toMatchObject({
      mode: 'development',
      issuer: 'http://localhost:3000',
      host: '127.0.0.1',
      port: 3000,
      trustProxy: 0,
      databaseUrl: `sqlite:${join(project.directory, 'data/common-id.sqlite')}`,
      dataDirectory: join(project.directory, 'data'),
      keyDirectory: join(project.directory, 'data/keys'),
      mail: { smtpUrl: 'smtp://localhost:1025', from: 'TOYOTA/LEXUS共通ID <no-reply@id.toyota.jp>' },
      demo: true,
      passwordPolicy: { minLength: 8, maxLength: 20, symbols: '-*_!#$%' },
      passwordHashCost: 12,
      ownersSite: { origin: 'http://localhost:3001', port: 3001 },
      notebook: { origin: 'http://localhost:3002', port: 3002 },
      dealerSystem: { origin: 'http://localhost:3003', port: 3003 },
      operationsConsole: { origin: 'http://localhost:3006', port: 3006 },
      mailbox: { origin: 'http://localhost:3004', port: 3004, smtpHost: '127.0.0.1', smtpPort: 1025 },
      warnings: [],
    });
    expect(config.ownersSite).not.toHaveProperty('sunset');
  });

  test('has the client apps, dealers, services and texts of the journey', () => {
    const { clients, dealers, services, terms, privacy } = load();
    expect(clients.map(({ metadata }) => metadata.client_id)).toEqual(
      expect.arrayContaining(['owners-site', 'maintenance-notebook', 'maintenance-notebook-app', 'gazoo']),
    );
    expect(clients.find(({ metadata }) => metadata.client_id === 'gazoo')).toMatchObject({
      firstParty: false,
      secrets: [{ digest: digestOf(GAZOO_DEVELOPMENT_SECRET) }],
    });
    expect(dealers).toHaveLength(7);
    expect(dealers[0]).toMatchObject({ code: 'aichi-toyota', resource: 'http://localhost:3003/dealers/aichi-toyota' });
    expect(services.map(({ name }) => name.ja)).toEqual([
      'TOYOTA',
      'LEXUS',
      'Toyota Safety Connect',
      'GAZOO',
      'my route',
      'TOYOTA SHARE',
      'T-Cスマホナビ',
      'MyTOYOTA for T-Connect',
    ]);
    expect(terms.map(({ version, language }) => `${version}.${language}`).sort()).toEqual(['2026-04-01.en', '2026-04-01.ja']);
    expect(terms.every(({ markdown }) => markdown.startsWith('## '))).toBe(true);
    expect(privacy.ja).toContain('個人情報');
    expect(privacy.en).toContain('personal data');
  });

  test('equals .env.example', () => {
    const project = make();
    const example = readFileSync(fileURLToPath(new URL('../../.env.example', import.meta.url)), 'utf8');
    const before = load({}, project);
    project.write('.env', example.replace(/^#(?=[A-Z_]+=)/gm, ''));
    expect(load({}, project)).toEqual(before);
  });
});

describe('the environment', () => {
  test('DATA_DIRECTORY moves all data', () => {
    const project = make();
    const config = load({ DATA_DIRECTORY: 'elsewhere' }, project);
    expect(config.databaseUrl).toBe(`sqlite:${join(project.directory, 'elsewhere/common-id.sqlite')}`);
    expect(config.keyDirectory).toBe(join(project.directory, 'elsewhere/keys'));
    expect(existsSync(join(project.directory, 'data'))).toBe(false);
  });

  test('takes ports from URLs, in client files and dealers too', () => {
    const config = load({
      ISSUER: 'http://localhost:4000',
      OWNERS_SITE_URL: 'http://127.0.0.1:4001',
      DEALER_SYSTEM_URL: 'http://localhost:4003',
    });
    expect([config.port, config.ownersSite.port, config.dealerSystem.port]).toEqual([4000, 4001, 4003]);
    expect(config.dealers[0]?.resource).toBe('http://localhost:4003/dealers/aichi-toyota');
    const ownersSite = config.clients.find(({ metadata }) => metadata.client_id === 'owners-site');
    expect(ownersSite?.metadata.redirect_uris?.[0]).toMatch(/^http:\/\/127\.0\.0\.1:4001\//);
  });

  test('overrides the .env file; an empty value counts as not set', () => {
    const project = make();
    project.write('.env', 'LOG_LEVEL=debug\nPASSWORD_HASH_COST=4\nOWNERS_SITE_SUNSET=2027-03-31\n');
    const config = load({ LOG_LEVEL: 'warn', PASSWORD_HASH_COST: '' }, project);
    expect(config.logLevel).toBe('warn');
    expect(config.passwordHashCost).toBe(4);
    expect(config.ownersSite.sunset).toBe('2027-03-31');
  });

  test('the secrets of development are kept, readable only by their owner', () => {
    const project = make();
    const first = load({}, project);
    expect(load({}, project).cookieKeys).toEqual(first.cookieKeys);
    expect(load({}, project).keys.subject.equals(first.keys.subject)).toBe(true);
    expect(load({}, make()).keys.subject.equals(first.keys.subject)).toBe(false);
    expect(first.keys.subject.symmetricKeySize).toBeGreaterThanOrEqual(32);
    expect(statSync(join(project.directory, 'data/development-secrets.json')).mode & 0o077).toBe(0);
  });

  test('a sentence says that the data directory or its secrets cannot be used', () => {
    const project = make();
    load({ DATA_DIRECTORY: 'data' }, project);
    project.write('data/development-secrets.json', '{"hmacKey": "canary"');
    expect(sentences({}, project)).toEqual([
      `${join(project.directory, 'data/development-secrets.json')}: expected the secrets of development, found something else (not shown); delete the file to get new secrets; everybody must sign in again`,
    ]);
    project.write('file', '');
    expect(sentences({ DATA_DIRECTORY: 'file' }, project)).toEqual([
      `${join(project.directory, 'file')}: expected a writable directory for databases, keys and secrets, found one that fails with ENOTDIR; see DATA_DIRECTORY`,
    ]);
  });

  test('a list of cookie keys allows a change of keys', () => {
    const config = load({ COOKIE_KEYS: `${SECRET}, ${SECRET.toUpperCase()}` });
    expect(config.cookieKeys).toEqual([SECRET, SECRET.toUpperCase()]);
  });

  const origin = 'an https URL (or http on localhost in development) without a path';
  const key = 'secrets of at least 32 characters with commas between them (the first signs, all verify)';
  const hint = 'make one with: openssl rand -hex 32';
  test.each<[Environment, string]>([
    [
      { ISSUER: 'http://localhost:3000/' },
      `environment: ISSUER: expected ${origin}, found 'http://localhost:3000/'; use http://localhost:3000`,
    ],
    [
      { ISSUER: 'http://id.example.jp' },
      `environment: ISSUER: expected ${origin}, found 'http://id.example.jp'; use https://id.example.jp`,
    ],
    [{ ISSUER: 'localhost:3000' }, `environment: ISSUER: expected ${origin}, found 'localhost:3000'`],
    [
      { NOTEBOOK_URL: 'https://user:secret@n.example.jp' },
      `environment: NOTEBOOK_URL: expected ${origin}, found 'https://user:secret@n.example.jp'; use https://n.example.jp`,
    ],
    [
      { NOTEBOOK_URL: 'http://localhost:3001' },
      "environment: NOTEBOOK_URL: expected a URL of its own, found 'http://localhost:3001', which is OWNERS_SITE_URL",
    ],
    [
      { HOST: 'x86_64-linux-gnu' },
      "environment: HOST: expected an IP address to listen on, such as 127.0.0.1 or 0.0.0.0, found 'x86_64-linux-gnu'",
    ],
    [{ PORT: '65536' }, "environment: PORT: expected a port, a whole number from 0 to 65535, found '65536'"],
    [{ PORT: '3000x' }, "environment: PORT: expected a port, a whole number from 0 to 65535, found '3000x'"],
    [
      { TRUST_PROXY: 'yes' },
      "environment: TRUST_PROXY: expected how many reverse proxies stand in front (false is none, true is one, at most 9), or their addresses and networks with commas between them, such as 192.0.2.7,10.0.0.0/8, found 'yes'",
    ],
    [{ DEMO_DATA: '1' }, "environment: DEMO_DATA: expected true or false, found '1'"],
    [
      { LOG_LEVEL: 'verbose' },
      "environment: LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, found 'verbose'",
    ],
    [
      { PASSWORD_HASH_COST: '3' },
      "environment: PASSWORD_HASH_COST: expected the cost of bcrypt, a whole number from 4 to 16, found '3'",
    ],
    [
      { OWNERS_SITE_SUNSET: '2026-02-30' },
      "environment: OWNERS_SITE_SUNSET: expected the last day of the owners site as YYYY-MM-DD, found '2026-02-30'",
    ],
    [
      { SMTP_URL: 'mail.example.jp:25' },
      'environment: SMTP_URL: expected the URL of a mail server, such as smtp://localhost:1025 or smtps://user:password@mail.example.jp, found a value of 18 characters (not shown)',
    ],
    [
      { MAIL_FROM: 'nobody' },
      "environment: MAIL_FROM: expected the sender of mails, such as Example ID <no-reply@id.example.jp>, found 'nobody'",
    ],
    [
      { MAIL_FROM: 'ID <id@example.jp>\r\nBcc: everybody@example.jp' },
      "environment: MAIL_FROM: expected the sender of mails, such as Example ID <no-reply@id.example.jp>, found 'ID <id@example.jp>��Bcc: everybody@example.jp'",
    ],
    [
      { DATABASE_URL: 'postgres://user:hunter2@db/x' },
      'environment: DATABASE_URL: expected sqlite:<path of a file>, or a mongodb:// or mongodb+srv:// URL, found a value of 28 characters (not shown)',
    ],
    [
      { COOKIE_KEYS: `${SECRET},short` },
      `environment: COOKIE_KEYS: expected ${key}, found a value of 38 characters (not shown); ${hint}`,
    ],
    [
      { HMAC_KEY: 'hunter2' },
      `environment: HMAC_KEY: expected a secret of at least 32 characters, found a value of 7 characters (not shown); ${hint}`,
    ],
    [
      { GAZOO_CLIENT_SECRET: `${SECRET}&` },
      `environment: GAZOO_CLIENT_SECRET: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~, found a value of 33 characters (not shown); ${hint}`,
    ],
  ])('refuses %j', (env, sentence) => {
    expect(sentences(env)).toEqual([sentence]);
  });

  test('refuses an unknown NODE_ENV, and then checks as in production', () => {
    const all = sentences({ ...PRODUCTION, NODE_ENV: 'prod' }, make(), ['id']);
    expect(all).toEqual(["environment: NODE_ENV: expected development or production, found 'prod'"]);
  });

  test('refuses unknown names in .env, and suggests the nearest known one', () => {
    const project = make();
    project.write('.env', 'LOG_LEVLE=debug\nSOMETHING_ELSE=1\nISSUER=nowhere\n');
    expect(sentences({}, project)).toEqual([
      `.env: ISSUER: expected ${origin}, found 'nowhere'`,
      ".env: LOG_LEVLE: expected the name of a setting, found 'LOG_LEVLE'; did you mean LOG_LEVEL?",
      ".env: SOMETHING_ELSE: expected the name of a setting, found 'SOMETHING_ELSE'; see .env.example for all of them",
    ]);
  });

  test('warns of a service whose client app does not exist', () => {
    const project = make();
    project.edit('config/services.json', { 'services.3.client_id': 'gazo' });
    expect(load({}, project).warnings.map(formatProblem)).toEqual([
      "config/services.json: services[3].client_id: expected the id of a client app, found 'gazo'; it is shown without a link; did you mean gazoo?",
    ]);
  });

  test('warns of a typing mistake in the environment, which other programs use too', () => {
    const { warnings } = load({ COOKIE_KEY: SECRET, HOME: '/root', PATH: '/bin', POST: '1', LOG_LEVELS: 'x', LOG_LEVEL: 'info' });
    expect(warnings.map(formatProblem)).toEqual([
      "environment: COOKIE_KEY: expected the name of a setting, found 'COOKIE_KEY'; did you mean COOKIE_KEYS?",
    ]);
  });
});

describe('files', () => {
  test.each<[string, (project: TemporaryProject) => void, string[]]>([
    [
      'dealers with wrong keys',
      (project) =>
        project.edit('config/dealers.json', {
          'dealers.3.prefecture': 'Kanagawa',
          'dealers.4.name': { ja: '福岡' },
          'dealers.5.brnad': 'lexus',
        }),
      [
        "config/dealers.json: dealers[3].prefecture: expected a prefecture such as 愛知県, found 'Kanagawa'",
        'config/dealers.json: dealers[4].name.en: expected a text, found nothing',
        "config/dealers.json: dealers[5].brnad: expected a known key, found 'brnad'; did you mean brand?",
      ],
    ],
    [
      'dealers that share a code or are on http',
      (project) =>
        project.edit('config/dealers.json', {
          'dealers.1.code': 'aichi-toyota',
          'dealers.2.resource': 'http://dealers.example.jp/osaka',
          'dealers.3.resource': '${DEALER_SYSTEM_ULR}/kanagawa',
        }),
      [
        "config/dealers.json: dealers[3].resource: expected the name of a variable that is set, found '${DEALER_SYSTEM_ULR}'; did you mean ${DEALER_SYSTEM_URL}? Otherwise set DEALER_SYSTEM_ULR",
        "config/dealers.json: dealers[1].code: expected a code that no other dealer has, found 'aichi-toyota'",
        "config/dealers.json: dealers[2].resource: expected an https URL (or http on localhost in development), found 'http://dealers.example.jp/osaka'",
      ],
    ],
    [
      'a policy that contradicts itself',
      (project) =>
        project.edit('config/policy.json', {
          'password.min_length': 20,
          'password.max_length': 10,
          'lifetimes.grant': 60,
          'lifetimes.session_absolute': 86400,
          'rate_limits.login.window_second': 1,
          password_hash: 'fast',
        }),
      [
        "config/policy.json: password_hash: expected an object, found 'fast'",
        "config/policy.json: rate_limits.login.window_second: expected a known key, found 'window_second'; did you mean window_seconds?",
        'config/policy.json: password.min_length: expected at most max_length (10), found 20',
        'config/policy.json: lifetimes.grant: expected at least refresh_token (2592000): a refresh token is useless without its grant, found 60',
        'config/policy.json: lifetimes.session_absolute: expected at least session (1209600): a session cannot be idle for longer than it lasts, found 86400',
      ],
    ],
    [
      'symbols of a password that are neither ASCII nor any',
      (project) => project.edit('config/policy.json', { 'password.symbols': 'anything' }),
      ["config/policy.json: password.symbols: expected symbols of ASCII, or any, found 'anything'"],
    ],
    [
      'a number out of range',
      (project) => project.edit('config/policy.json', { 'password.max_length': 100 }),
      ['config/policy.json: password.max_length: expected a whole number from 8 to 72, found 100'],
    ],
    [
      'services without a name or on http',
      (project) =>
        project.edit('config/services.json', { 'services.0.name': undefined, 'services.1.url': 'http://lexus.example.jp' }),
      [
        'config/services.json: services[0].name: expected a text in each language, such as {"ja": "…", "en": "…"}, found nothing',
        "config/services.json: services[1].url: expected an https URL (or http on localhost in development), found 'http://lexus.example.jp'",
        "config/services.json: services[1].url: expected no URL beside client_id, found 'http://lexus.example.jp'; remove one of them",
      ],
    ],
    [
      'files that are missing',
      (project) => {
        project.remove('config/clients');
        project.remove('config/dealers.json');
        project.remove('config/privacy.en.md');
        project.remove('config/terms/2026-04-01.en.md');
      },
      [
        'config/clients: expected a folder with a file for each client app, found none',
        'config/dealers.json: expected a readable file, found none',
        'config/terms/2026-04-01.en.md: expected the terms in both languages, found none',
        'config/privacy.en.md: expected a readable file, found none',
      ],
    ],
    [
      'JSON that is none',
      (project) => project.write('config/policy.json', '{ "password": '),
      ['config/policy.json: line 1, column 15: expected JSON, found the end of the file'],
    ],
    [
      'another type of JSON',
      (project) => project.write('config/policy.json', '[]'),
      ['config/policy.json: expected an object, found []'],
    ],
    [
      'terms with a wrong head',
      (project) => {
        project.write('config/terms/2026-05-01.ja.md', '---\neffective_form: 2026-05-01\nmaterial: yes\n---\n');
        project.write('config/terms/2026-05-01.en.md', '---\neffective_from: 2026-05-01\nmaterial: false\n---\n## 1\n\nText.\n');
        project.write('config/terms/readme.txt', '');
      },
      [
        "config/terms/2026-05-01.ja.md: effective_form: expected a known key, found 'effective_form'; did you mean effective_from?",
        'config/terms/2026-05-01.ja.md: effective_from: expected the first day in force as YYYY-MM-DD, found nothing',
        "config/terms/2026-05-01.ja.md: material: expected true (people who agreed to an older version are asked again) or false, found 'yes'",
        'config/terms/2026-05-01.ja.md: expected a text, found nothing',
        "config/terms/readme.txt: expected a name such as 2026-04-01.ja.md, found 'readme.txt'",
      ],
    ],
    [
      'terms that differ between the languages',
      (project) => {
        project.write('config/terms/2026-05-01.ja.md', '---\neffective_from: 2026-05-01\nmaterial: true\n---\n## 1\n\n条文。\n');
        project.write('config/terms/2026-05-01.en.md', '---\neffective_from: 2026-06-01\nmaterial: false\n---\n## 1\n\nText.\n');
      },
      [
        "config/terms/2026-05-01.en.md: effective_from: expected 2026-05-01, as in the Japanese text, found '2026-06-01'",
        "config/terms/2026-05-01.en.md: material: expected true, as in the Japanese text, found 'false'",
      ],
    ],
    [
      'terms that begin in the future only',
      (project) => {
        for (const language of ['ja', 'en']) {
          const name = `config/terms/2026-04-01.${language}.md`;
          project.write(name, project.read(name).replace('effective_from: 2026-04-01', 'effective_from: 2027-01-01'));
        }
      },
      ['config/terms: expected a version whose effective_from is not after today (2026-11-22), found 2027-01-01 as the first'],
    ],
  ])('refuses %s', (_name, break_, expected) => {
    const project = make();
    break_(project);
    expect(sentences({}, project)).toEqual(expected);
  });

  test('all mistakes of the environment and all files are reported together, in readable sentences', () => {
    const project = make();
    project.edit('config/policy.json', { 'password.max_length': 100 });
    project.write('config/clients/broken.json', '{');
    let told = '';
    try {
      load({ PORT: 'x', HMAC_KYE: SECRET }, project);
    } catch (error) {
      told = (error as ConfigError).format();
    }
    expect(told.split('\n')).toEqual([
      'The configuration has 3 mistakes:',
      "  - environment: PORT: expected a port, a whole number from 0 to 65535, found 'x'",
      expect.stringContaining('  - config/clients/broken.json: line 1, column '),
      '  - config/policy.json: password.max_length: expected a whole number from 8 to 72, found 100',
      "  - warning: environment: HMAC_KYE: expected the name of a setting, found 'HMAC_KYE'; did you mean HMAC_KEY?",
      '',
    ]);
  });
});
