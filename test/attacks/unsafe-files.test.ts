// Valid but unsafe configuration files: design/security-2.md S127. Each row is one, with its exact sentences.
import { chmodSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { inspectConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { makeProductionExample } from '../config/production-example.ts';
import { temporaryProjects, type TemporaryProject } from '../config/temporary-project.ts';

const { make, clean } = temporaryProjects();
const example = await makeProductionExample();
afterAll(() => {
  clean();
  example.clean();
});

type Env = Record<string, string | undefined>;
const GOOD = example.env as Record<string, string>;

function told(env: Env, project: TemporaryProject = make()): string[] {
  const { problems } = inspectConfig({ env, directory: project.directory, apps: ['id'] });
  return problems.map((problem) => `${problem.severity}: ${formatProblem(problem)}`);
}

/** That of RFC 7515, appendix A.3. */
const PUBLIC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const SECRET_MEND = 'make one with: openssl rand -hex 32';
const CLIENT_MEND = 'make one with: npm run admin -- secrets generate';
const e = 'environment:';
const gazoo = 'config/clients/gazoo.json:';
const policy = 'config/policy.json:';
const web = (changes: object): ((project: TemporaryProject) => void) => {
  const flat = changes as Record<string, unknown>;
  return (project) => project.edit('config/clients/gazoo.json', flat);
};
const jwk = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43) };
const car = {
  client_id: 'car',
  client_name: 'Car',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  dpop_bound_access_tokens: true,
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  common_id: { contact: 'us' },
};
const ours = { 'common_id.first_party': true };

/** The changes of the good files. */
const FILES: [string, (project: TemporaryProject) => void, string[], Env?][] = [
  [
    'a client app named like the common ID',
    web({ client_id: 'common-id' }),
    [`error: ${gazoo} client_id: expected a name that the common ID does not use itself, found 'common-id'`],
  ],
  [
    'a client app named like the account pages',
    web({ client_id: 'common-id-account' }),
    [`error: ${gazoo} client_id: expected a name that the common ID does not use itself, found 'common-id-account'`],
  ],
  [
    'codes that come back to the common ID',
    web({ redirect_uris: ['https://id.example.jp/account/callback'] }),
    [
      `error: ${gazoo} redirect_uris: expected an origin that is not the ISSUER’s, found 'https://id.example.jp/account/callback'; codes would be sent to the common ID itself`,
    ],
  ],
  [
    'pages of the common ID as a client app',
    (project) =>
      project.edit('config/clients/gazoo.json', {
        token_endpoint_auth_method: 'none',
        client_secret: undefined,
        'common_id.web_origins': ['https://id.example.jp'],
      }),
    [`error: ${gazoo} common_id.web_origins: expected an origin that is not the ISSUER’s, found 'https://id.example.jp'`],
  ],
  [
    'a service of ours that is inside',
    web({ ...ours, redirect_uris: ['https://10.1.2.3/cb'] }),
    [
      `error: ${gazoo} redirect_uris[0]: expected an address on the Internet, found 'https://10.1.2.3/cb'; any machine of the network that answers to this name gets the codes`,
    ],
  ],
  [
    'a service of others that is inside',
    web({ redirect_uris: ['https://shop.internal/cb'] }),
    [
      `warning: ${gazoo} redirect_uris[0]: expected an address on the Internet, found 'https://shop.internal/cb'; any machine of the network that answers to this name gets the codes`,
    ],
  ],
  [
    'an address inside in other words',
    web({ ...ours, redirect_uris: ['https://[::ffff:192.168.0.7]/cb'] }),
    [
      `error: ${gazoo} redirect_uris[0]: expected an address on the Internet, found 'https://[::ffff:192.168.0.7]/cb'; any machine of the network that answers to this name gets the codes`,
    ],
  ],
  [
    'codes to a bare address',
    web({ redirect_uris: ['https://203.0.113.5/cb'] }),
    [
      `warning: ${gazoo} redirect_uris[0]: expected a name, found 'https://203.0.113.5/cb'; the next owner of the address would get the codes`,
    ],
  ],
  [
    'logged out to a bare address',
    web({ post_logout_redirect_uris: ['https://203.0.113.5/'] }),
    [
      `warning: ${gazoo} post_logout_redirect_uris[0]: expected a name, found 'https://203.0.113.5/'; the next owner of the address would get the codes`,
    ],
  ],
  [
    'codes to anywhere',
    web({ redirect_uris: ['https://*.example.jp/cb'] }),
    [
      `error: ${gazoo} redirect_uris[0]: expected a URL without a wildcard, found 'https://*.example.jp/cb'; list each URL: URLs are compared exactly`,
    ],
  ],
  [
    'codes in clear',
    web({ redirect_uris: ['http://shop.example.jp/cb'] }),
    [
      `error: ${gazoo} redirect_uris[0]: expected an https URL (or http on loopback for a native client), found 'http://shop.example.jp/cb'; use https://shop.example.jp/cb`,
    ],
  ],
  [
    'a client app without PKCE',
    web({ 'common_id.pkce': 'optional' }),
    [
      `warning: ${gazoo} common_id.pkce: expected required, found optional; a code that is stolen on its way can be injected into another login; take a library that sends PKCE as soon as you can`,
    ],
  ],
  [
    'ID tokens with names and addresses in the URLs of a logout',
    web({ 'common_id.claims_in_id_token': true }),
    [
      `warning: ${gazoo} common_id.claims_in_id_token: expected false, because post_logout_redirect_uris is there, found true; an ID token that is sent as id_token_hint shows names and addresses in URLs, which browsers and proxies keep; send client_id at logout instead`,
    ],
  ],
  ['claims in ID tokens that no logout sends', web({ 'common_id.claims_in_id_token': true, post_logout_redirect_uris: [] }), []],
  [
    'refresh tokens that a thief keeps, without rotation, credentials and DPoP',
    (project) => project.edit('config/clients/maintenance-notebook-app.json', { 'common_id.refresh_rotation': false }),
    [
      'error: config/clients/maintenance-notebook-app.json: common_id.refresh_rotation: expected true or nothing, because nothing but rotation protects refresh tokens without credentials and without DPoP, found false; remove it, or set dpop_bound_access_tokens to true',
    ],
  ],
  [
    'the same with DPoP',
    (project) =>
      project.edit('config/clients/maintenance-notebook-app.json', {
        'common_id.refresh_rotation': false,
        dpop_bound_access_tokens: true,
      }),
    [],
  ],
  [
    'signed requests that may be left out',
    web({ request_object_signing_alg: 'ES256', jwks: { keys: [PUBLIC_KEY] } }),
    [
      `warning: ${gazoo} require_signed_request_object: expected true, because request_object_signing_alg is there, found nothing; an attacker can still send the unsigned request`,
    ],
  ],
  [
    'FAPI 2.0 with a secret',
    web({ 'common_id.profile': 'fapi2' }),
    [
      `error: ${gazoo} token_endpoint_auth_method: expected private_key_jwt, because common_id.profile is fapi2, found 'client_secret_basic'`,
    ],
  ],
  [
    'a device whose tokens can be copied',
    (project) => project.write('config/clients/car.json', JSON.stringify({ ...car, dpop_bound_access_tokens: undefined })),
    [
      'warning: config/clients/car.json: dpop_bound_access_tokens: expected true, because grant_types has the device flow, found nothing; tokens that are copied from a device could be used anywhere',
    ],
  ],
  [
    'an app that lends its name to devices',
    (project) =>
      project.write(
        'config/clients/car.json',
        JSON.stringify({
          ...car,
          grant_types: [...car.grant_types, 'authorization_code'],
          redirect_uris: ['jp.example.car:/callback'],
        }),
      ),
    [
      'warning: config/clients/car.json: grant_types: expected the device flow in a client app of its own, found both with authorization_code; an attacker could send customers a code in the name of this app; they would believe its name',
    ],
  ],
  [
    'codes for two apps at one address',
    web({ redirect_uris: ['https://owners.example.jp/callback'] }),
    [
      "warning: client app owners-site: redirect_uris: expected an address of its own, found 'https://owners.example.jp/callback', which gazoo has; each of them can impersonate the other",
    ],
  ],
  [
    'one secret for two apps',
    (project) => {
      project.edit('config/clients/gazoo.json', { client_secret: { hash: `sha256:${'a'.repeat(43)}` } });
      const { client_id: _id, ...rest } = JSON.parse(project.read('config/clients/gazoo.json')) as Record<string, unknown>;
      project.write(
        'config/clients/other.json',
        JSON.stringify({ ...rest, client_id: 'other', redirect_uris: ['https://other.example.jp/cb'] }),
      );
    },
    [
      'warning: client app other: client_secret: expected a secret of its own, found one (not shown), which gazoo has; each of them can impersonate the other',
    ],
  ],
  [
    'the hash of the secret of development',
    web({ client_secret: { hash: `sha256:${digestOf(GAZOO_DEVELOPMENT_SECRET)}` } }),
    [
      `error: client app gazoo: client_secret: expected a secret that was made for production, found the development secret; ${CLIENT_MEND}`,
    ],
  ],
  [
    'a weak secret in a variable',
    web({ client_secret: { $env: 'SHOP_SECRET' } }),
    [
      `error: ${gazoo} client_secret: expected a secret in SHOP_SECRET that nobody can guess, found one that looks like an example; ${CLIENT_MEND}`,
    ],
    { SHOP_SECRET: 'my-shop-password-for-everything-2026' },
  ],
  [
    'a secret in a file of a group',
    (project) => {
      writeFileSync(join(project.directory, 'secret'), 'Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb');
      chmodSync(join(project.directory, 'secret'), 0o640);
      project.edit('config/clients/gazoo.json', { client_secret: { $file: 'secret' } });
    },
    [
      `warning: ${gazoo} client_secret: expected secret to be readable only by its owner, found a file that its group can read; chmod 600 secret`,
    ],
  ],
  [
    'a secret in a file of everybody',
    (project) => {
      writeFileSync(join(project.directory, 'secret'), 'Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb');
      chmodSync(join(project.directory, 'secret'), 0o644);
      project.edit('config/clients/gazoo.json', { client_secret: { $file: 'secret' } });
    },
    [
      `error: ${gazoo} client_secret: expected secret to be readable only by its owner, found a file that everybody can read; chmod 600 secret`,
    ],
  ],
  [
    'a server’s key in a file of a group',
    (project) => {
      writeFileSync(join(project.directory, 'ledger'), 'Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb');
      chmodSync(join(project.directory, 'ledger'), 0o640);
    },
    [
      `warning: ${e} LEDGER_KEY_FILE: expected a file that only its owner can read, found one that its group can read: 'ledger'; chmod 600 ledger`,
    ],
    { LEDGER_KEY_FILE: 'ledger' },
  ],
  [
    'one key for two apps',
    (project) => {
      for (const id of ['lexus', 'my-route'])
        project.edit(`config/clients/${id}.json`, { jwks_uri: undefined, jwks: { keys: [jwk] } });
    },
    [
      'warning: client app my-route: jwks: expected a key of its own, found one, which lexus has; each of them can impersonate the other',
    ],
  ],
  [
    'keys that are asked for inside',
    (project) => project.edit('config/clients/lexus.json', { jwks_uri: 'https://169.254.169.254/latest' }),
    [
      "error: config/clients/lexus.json: jwks_uri: expected an address on the Internet, found 'https://169.254.169.254/latest'; the common ID does not call internal addresses that a client’s file names",
    ],
  ],
  [
    'logouts that are told inside',
    web({ backchannel_logout_uri: 'https://hook.internal/out' }),
    [
      `error: ${gazoo} backchannel_logout_uri: expected an address on the Internet, found 'https://hook.internal/out'; the common ID does not call internal addresses that a client’s file names`,
    ],
  ],
  [
    'a sector that is asked for inside',
    web({ sector_identifier_uri: 'https://sector.internal/uris' }),
    [
      `error: ${gazoo} sector_identifier_uri: expected an address on the Internet, found 'https://sector.internal/uris'; the common ID does not call internal addresses that a client’s file names`,
    ],
  ],
  [
    'access tokens for a day',
    web({ 'common_id.access_tokens': { lifetime_seconds: 86_400 } }),
    [
      `warning: ${gazoo} common_id.access_tokens.lifetime_seconds: expected at most 3600, found 86400; a thief could use a stolen one for that long`,
    ],
  ],
  [
    'somebody else who hands users over',
    (project) => project.edit('config/clients/owners-site.json', { 'common_id.first_party': false }),
    [
      'warning: config/clients/owners-site.json: common_id.legacy_import: expected a service of our own ("first_party": true), found a third party’s; the common ID trusts the data that it hands over',
    ],
  ],
  [
    'a secret for what is known of everybody',
    web({
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: 'openid migration:read offline_access',
    }),
    [
      `warning: ${gazoo} token_endpoint_auth_method: expected private_key_jwt, because scope has migration:read, found client_secret_basic; a leaked secret shows every customer’s migration`,
    ],
  ],
  [
    'a dealer without TLS',
    (project) => project.edit('config/dealers.json', { 'dealers.1.resource': 'http://tokyo.example.jp/api' }),
    ["error: config/dealers.json: dealers[1].resource: expected an https URL, found 'http://tokyo.example.jp/api'"],
  ],
  [
    'a dealer inside',
    (project) => project.edit('config/dealers.json', { 'dealers.1.resource': 'https://10.0.0.9/api' }),
    [
      "warning: config/dealers.json: dealers[1].resource: expected an address on the Internet, found 'https://10.0.0.9/api'; any machine of the network that answers to this name gets customer data and tokens",
    ],
  ],
  [
    'a dealer at a bare address',
    (project) => project.edit('config/dealers.json', { 'dealers.1.resource': 'https://203.0.113.9/api' }),
    [
      "warning: config/dealers.json: dealers[1].resource: expected a name, found 'https://203.0.113.9/api'; the next owner of the address would get customer data and tokens",
    ],
  ],
  [
    'a dealer that is the common ID',
    (project) => project.edit('config/dealers.json', { 'dealers.1.resource': 'https://id.example.jp/api' }),
    [
      "error: config/dealers.json: dealers[1].resource: expected an origin that is not the ISSUER’s, found 'https://id.example.jp/api'; its tokens would be for the common ID itself",
    ],
  ],
  [
    'sessions of a year',
    (project) =>
      project.edit('config/policy.json', { 'lifetimes.session': 31_536_000, 'lifetimes.session_absolute': 31_536_000 }),
    [
      `warning: ${policy} lifetimes.session: expected at most 2592000 seconds, found 31536000; a thief could use a stolen one for that long`,
      `warning: ${policy} lifetimes.session_absolute: expected at most 7776000 seconds, found 31536000; a thief could use a stolen one for that long`,
    ],
  ],
  [
    'access tokens of a day',
    (project) => project.edit('config/policy.json', { 'lifetimes.access_token': 86_400 }),
    [
      `warning: ${policy} lifetimes.access_token: expected at most 3600 seconds, found 86400; a thief could use a stolen one for that long`,
    ],
  ],
  [
    'refresh tokens of ten years',
    (project) => project.edit('config/policy.json', { 'lifetimes.refresh_token': 315_360_000, 'lifetimes.grant': 315_360_000 }),
    [
      `warning: ${policy} lifetimes.refresh_token: expected at most 31622400 seconds, found 315360000; a thief could use a stolen one for that long`,
      `warning: ${policy} lifetimes.grant: expected at most 94867200 seconds, found 315360000; a thief could use a stolen one for that long`,
    ],
  ],
  [
    'dealers that are given up at once',
    (project) => project.edit('config/policy.json', { 'dealer_delivery.give_up_after_seconds': 60 }),
    [
      `warning: ${policy} dealer_delivery.give_up_after_seconds: expected at least 3600, found 60; links are lost if a dealer’s system is down for an hour`,
    ],
  ],
  [
    'short passwords only',
    (project) => project.edit('config/policy.json', { 'password.max_length': 10 }),
    [`warning: ${policy} password.max_length: expected at least 16, found 10; people could not use long passwords`],
  ],
  [
    'no privacy page',
    (project) => project.write('config/privacy.ja.md', '\n'),
    ['error: config/privacy.ja.md: expected a text, found nothing'],
  ],
  [
    'terms without a date',
    (project) =>
      project.write(
        'config/terms/2026-04-01.ja.md',
        project.read('config/terms/2026-04-01.ja.md').replace(/^effective_from:.*\n/m, ''),
      ),
    ['error: config/terms/2026-04-01.ja.md: effective_from: expected the first day in force as YYYY-MM-DD, found nothing'],
  ],
  [
    'secrets in a .env file of everybody',
    (project) => {
      project.write('.env', `LEDGER_KEY=Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb\n`);
      chmodSync(join(project.directory, '.env'), 0o644);
    },
    [
      'error: .env: expected a file that only its owner can read, found one with LEDGER_KEY that others on this machine can read; chmod 600 .env',
    ],
  ],
  [
    'secrets in a .env file of a group',
    (project) => {
      project.write('.env', `LEDGER_KEY=Zk3vQ8mW1cKd7RtV0nHs5LxJg9AuEiYb\n`);
      chmodSync(join(project.directory, '.env'), 0o640);
    },
    [
      'error: .env: expected a file that only its owner can read, found one with LEDGER_KEY that others on this machine can read; chmod 600 .env',
    ],
  ],
  [
    'the secrets of development',
    (project) => {
      mkdirSync(join(project.directory, 'data'), { mode: 0o700 });
      writeFileSync(
        join(project.directory, 'data/development-secrets.json'),
        JSON.stringify({ cookieKeys: ['x'], hmacKey: GOOD.HMAC_KEY }),
      );
    },
    [`error: ${e} HMAC_KEY: expected a secret that was made for production, found the development secret; ${SECRET_MEND}`],
  ],
];

test.each(FILES)('S127 files, %s: exactly these sentences', (_what, change, sentences, env = {}) => {
  const project = make();
  change(project);
  expect(told({ ...GOOD, ...env }, project)).toEqual(sentences);
});

test('S127 provider keys that others can reach: reported by file', async () => {
  const { env, keys, clean: cleanKeys } = await makeProductionExample();
  try {
    const [file = ''] = readdirSync(keys);
    chmodSync(join(keys, file), 0o640);
    expect(told(env)).toEqual([
      `warning: ${join(keys, file)}: expected a key that only its owner can read, found one that its group can read; chmod 600 ${join(keys, file)}`,
    ]);
    chmodSync(join(keys, file), 0o644);
    expect(told(env)).toEqual([
      `error: ${join(keys, file)}: expected a key that only its owner can read, found one that everybody can read; chmod 600 ${join(keys, file)}`,
    ]);
    chmodSync(join(keys, file), 0o600);
    for (const mode of [0o777, 0o770]) {
      chmodSync(keys, mode);
      expect(told(env)).toEqual([
        `error: environment: KEY_DIRECTORY: expected a folder that only its owner can write to, found ${keys}: others could add their own key; chmod 700 ${keys}`,
      ]);
    }
    chmodSync(keys, 0o700);
    const project = make();
    for (const [place, sentence] of [
      [
        'config/keys',
        'warning: environment: KEY_DIRECTORY: expected a folder outside config/, found config/keys; config/ is copied to other machines and kept in version control',
      ],
      [
        'views/assets/keys',
        'error: environment: KEY_DIRECTORY: expected a folder that is not served, found one in views/assets: everybody could download it',
      ],
    ] as const) {
      cpSync(keys, join(project.directory, place), { recursive: true });
      expect(told({ ...env, KEY_DIRECTORY: place }, project)).toEqual([sentence]);
    }
  } finally {
    cleanKeys();
  }
});
