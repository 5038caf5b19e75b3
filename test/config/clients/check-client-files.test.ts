// The files of client apps: each mistake in any file gets one sentence.
import { describe, expect, test } from '@jest/globals';
import { checkClientFiles, namesInClientFiles } from '../../../src/config/clients/check-client-files.ts';
import { digestOf } from '../../../src/config/clients/check-client-secrets.ts';
import { PROFILE_KEYS } from '../../../src/domain/profile-fields.ts';
import { formatProblem } from '../../../src/config/problems/problem.ts';
import { CONTEXT, device, inBrowser, kinds, mendSecret, NAME, native, SECRET, secretWeb, sentences, web } from './client-file.ts';

describe('a file without a mistake', () => {
  test('becomes a client: the standard metadata for oidc-provider, our own settings apart from it', () => {
    const file = {
      $schema: '../clients.schema.json',
      ...web,
      'client_name#ja': 'アプリ',
      redirect_uris: ['${APP_URL}/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid offline_access dealer_link',
      common_id: {
        brand: 'lexus',
        first_party: true,
        legacy_import: true,
        contact: 'app@example.jp',
        required_claims: [{ claim: 'birthdate', reason: { ja: '理由', en: 'Reason' }, max_age_days: 365 }],
      },
    };
    const { clients, problems } = checkClientFiles([{ name: NAME, text: JSON.stringify(file) }], CONTEXT);
    expect(problems).toEqual([]);
    expect(clients).toEqual([
      {
        metadata: {
          client_id: 'app',
          client_name: 'App',
          application_type: 'web',
          redirect_uris: ['https://app.example.jp/callback'],
          post_logout_redirect_uris: [],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          authorization_details_types: ['dealer_link'],
          scope: 'openid offline_access dealer_link',
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: 'https://app.example.jp/jwks.json',
        },
        name: { ja: 'アプリ', en: 'App' },
        destination: { ja: 'アプリ', en: 'App' },
        brand: 'lexus',
        firstParty: true,
        requiredClaims: [{ claim: 'birthdate', reason: { ja: '理由', en: 'Reason' }, max_age_days: 365 }],
        legacyImport: true,
        webOrigins: [],
        pkceRequired: true,
        claimsInIdToken: false,
        refreshRotation: false,
        enabled: true,
        contact: 'app@example.jp',
      },
    ]);
  });

  test.each<[string, object]>([
    ['web', web],
    ['web on this machine, in development', { ...web, redirect_uris: ['http://localhost:3001/callback'] }],
    ['an app in a browser', inBrowser],
    ['native', native],
    ['a device without a keyboard', device],
    ['native with a backwards domain of more parts', { ...native, redirect_uris: ['jp.toyota.notebook.app://callback'] }],
    [
      'web with a secret',
      {
        ...web,
        token_endpoint_auth_method: 'client_secret_basic',
        jwks_uri: undefined,
        client_secret: { $env: 'APP_CLIENT_SECRET' },
      },
    ],
    ['service', { ...web, redirect_uris: undefined, grant_types: ['client_credentials'], scope: 'migration:read' }],
  ])('%s', (_name, file) => {
    expect(sentences(file)).toEqual([]);
  });

  test('a service without a login gets no response type, and absent settings stay absent', () => {
    const file = { ...web, redirect_uris: undefined, grant_types: ['client_credentials'] };
    const { clients } = checkClientFiles([{ name: NAME, text: JSON.stringify(file) }], CONTEXT);
    expect(clients[0]).toMatchObject({ metadata: { response_types: [], redirect_uris: [] }, brand: 'toyota', firstParty: false });
  });

  test.each<[object, object[]]>([
    [{ $env: 'APP_CLIENT_SECRET' }, [{ digest: digestOf(SECRET) }]],
    [{ $file: 'secrets/app' }, [{ digest: digestOf(SECRET) }]],
    [{ $file: 'secrets/open' }, [{ digest: digestOf(SECRET) }]],
    [{ hash: `sha256:${digestOf('x')}` }, [{ digest: digestOf('x') }]],
    [
      [
        { $env: 'APP_CLIENT_SECRET', not_after: '2026-10-02T00:00:00+09:00' },
        { hash: `sha256:${digestOf('x')}`, not_before: '2026-09-01T00:00:00Z' },
      ],
      [
        { digest: digestOf(SECRET), notAfter: Date.parse('2026-10-01T15:00:00Z') },
        { digest: digestOf('x'), notBefore: Date.parse('2026-09-01T00:00:00Z') },
      ],
    ],
  ])('a secret is known by its digest only: %j', (reference, secrets) => {
    const file = { ...secretWeb, client_secret: reference };
    const { clients, problems } = checkClientFiles([{ name: NAME, text: JSON.stringify(file) }], CONTEXT);
    expect(problems).toEqual([]);
    expect(clients[0]?.secrets).toEqual(secrets);
    expect(JSON.stringify(clients)).not.toContain(SECRET);
  });

  test('an expired secret is only a warning, so that the other client apps can still start', () => {
    const file = { ...secretWeb, client_secret: { $env: 'APP_CLIENT_SECRET', not_after: '2026-09-30T00:00:00Z' } };
    const { clients, problems } = checkClientFiles([{ name: NAME, text: JSON.stringify(file) }], CONTEXT);
    expect(problems.map(({ severity }) => severity)).toEqual(['warning']);
    expect(problems.map(formatProblem)).toEqual([
      `${NAME}: client_secret: expected a secret that still counts, found one that ended 2026-09-30T00:00:00.000Z; ${mendSecret}`,
    ]);
    expect(clients).toHaveLength(1);
  });

  test('in production, a secret file must not be readable by everybody', () => {
    expect(sentences({ ...secretWeb, client_secret: { $file: 'secrets/open' } }, 'production')).toEqual([
      `${NAME}: client_secret: expected secrets/open to be readable only by its owner, found a file that everybody can read; chmod 600 secrets/open`,
    ]);
  });
});

describe('a mistake', () => {
  const url = 'an https URL (or http on localhost in development)';
  test.each<[object, string]>([
    // Keys and their values.
    [{ ...web, redirect_uri: [] }, "redirect_uri: expected a known key, found 'redirect_uri'; did you mean redirect_uris?"],
    [
      { ...web, common_id: { ...web.common_id, brnad: 'lexus' } },
      "common_id.brnad: expected a known key, found 'brnad'; did you mean brand?",
    ],
    [
      { ...web, common_id: { contact: 'x', colour: 'red' } },
      "common_id.colour: expected a known key, found 'colour'; remove it or use one of brand, first_party, required_claims, leads_to, legacy_import, web_origins, access_tokens, pkce, profile, refresh_rotation, claims_in_id_token, required_acr, enabled, contact",
    ],
    [
      { ...web, require_pkce: false },
      expect.stringContaining(
        "require_pkce: expected a known key, found 'require_pkce'; remove it or use one of $schema, client_id",
      ) as never,
    ],
    [
      { ...web, client_id: 'My App' },
      "client_id: expected an id of at most 64 lower-case letters, digits and hyphens, found 'My App'",
    ],
    [
      { ...web, client_id: undefined },
      'client_id: expected an id of at most 64 lower-case letters, digits and hyphens, found nothing',
    ],
    [{ ...web, client_name: ' ' }, "client_name: expected a text, found ' '"],
    [{ ...web, common_id: undefined }, 'common_id: expected an object, found nothing'],
    [{ ...web, common_id: {} }, 'common_id.contact: expected a text, found nothing'],
    [
      { ...web, common_id: { ...web.common_id, brand: 'daihatsu' } },
      "common_id.brand: expected toyota or lexus, found 'daihatsu'",
    ],
    [
      { ...web, common_id: { ...web.common_id, first_party: 'yes' } },
      "common_id.first_party: expected true or false, found 'yes'",
    ],
    [
      { ...web, common_id: { ...web.common_id, required_claims: [{ claim: 'birthday', reason: { ja: 'あ', en: 'a' } }] } },
      `common_id.required_claims[0].claim: expected one of ${PROFILE_KEYS.join(', ')}, found 'birthday'`,
    ],
    [
      { ...web, common_id: { ...web.common_id, required_claims: [{ claim: 'birthdate', reason: { ja: 'あ' } }] } },
      'common_id.required_claims[0].reason.en: expected a text, found nothing',
    ],
    [
      {
        ...web,
        common_id: {
          ...web.common_id,
          required_claims: ['gender', 'gender'].map((claim) => ({ claim, reason: { ja: 'あ', en: 'a' } })),
        },
      },
      "common_id.required_claims[1].claim: expected a claim that is not listed before, found 'gender'; remove it",
    ],
    [
      {
        ...web,
        common_id: { ...web.common_id, required_claims: [{ claim: 'gender', reason: { ja: 'あ', en: 'a' }, max_age_day: 3 }] },
      },
      "common_id.required_claims[0].max_age_day: expected a known key, found 'max_age_day'; did you mean max_age_days?",
    ],
    [
      { ...web, redirect_uris: 'https://app.example.jp/' },
      "redirect_uris: expected a list of URLs, found 'https://app.example.jp/'",
    ],
    [{ ...web, response_types: ['token'] }, "response_types[0]: expected code, because there is no other, found 'token'"],
    [
      { ...web, grant_types: ['authorization_code', 'implicit'] },
      "grant_types[1]: expected one of authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code, found 'implicit'",
    ],
    [
      { ...web, id_token_signed_response_alg: 'none' },
      "id_token_signed_response_alg: expected one of ES256, RS256, found 'none'",
    ],
    [{ ...web, contacts: ['nobody'] }, "contacts[0]: expected a mail address, found 'nobody'"],
    [
      { ...web, backchannel_logout_uri: 'http://app.example.jp/out' },
      `backchannel_logout_uri: expected ${url}, found 'http://app.example.jp/out'; use https://app.example.jp/out`,
    ],
    [
      { ...web, initiate_login_uri: 'http://app.example.jp/login' },
      `initiate_login_uri: expected ${url}, found 'http://app.example.jp/login'; use https://app.example.jp/login`,
    ],
    // Scopes.
    [
      { ...web, scope: 'openid emial' },
      expect.stringMatching(/^config.*: scope: expected scopes out of openid .*, found 'emial'; did you mean email\?$/) as never,
    ],
    [
      { ...web, scope: 'openid offline_access' },
      'grant_types: expected refresh_token, because scope has offline_access, found ["authorization_code"]',
    ],
    // Settings that depend on each other.
    [
      { ...web, redirect_uris: [] },
      'redirect_uris: expected at least one URL, because grant_types has authorization_code, found none',
    ],
    [
      { ...web, grant_types: ['client_credentials'] },
      'grant_types: expected authorization_code, because there are redirect_uris, found ["client_credentials"]',
    ],
    [
      { ...web, grant_types: ['refresh_token'], redirect_uris: [] },
      'grant_types: expected authorization_code or urn:ietf:params:oauth:grant-type:device_code with refresh_token: no other grant issues refresh tokens, found ["refresh_token"]',
    ],
    [
      { ...device, grant_types: ['device_code'] },
      expect.stringContaining('urn:ietf:params:oauth:grant-type:device_code') as never,
    ],
    [
      { ...device, redirect_uris: ['jp.example.app:/callback'] },
      'grant_types: expected authorization_code, because there are redirect_uris, found ["urn:ietf:params:oauth:grant-type:device_code","refresh_token"]',
    ],
    [
      { ...device, subject_type: 'pairwise' },
      "subject_type: expected public with urn:ietf:params:oauth:grant-type:device_code, or private_key_jwt with jwks_uri, found 'pairwise'",
    ],
    [
      { ...web, token_endpoint_auth_method: 'client_secret_jwt' },
      "token_endpoint_auth_method: expected one of private_key_jwt, client_secret_basic, client_secret_post, none, found 'client_secret_jwt'",
    ],
    [
      { ...native, common_id: { ...native.common_id, pkce: 'optional' } },
      "common_id.pkce: expected required, because the client has no credentials, found 'optional'; remove it",
    ],
    [
      { ...web, token_endpoint_auth_method: 'client_secret_post' },
      'client_secret: expected a reference to the secret, because token_endpoint_auth_method is client_secret_post, found nothing; write {"$env": "MY_APP_CLIENT_SECRET"}, or use private_key_jwt',
    ],
    [
      { ...web, token_endpoint_auth_method: 'none', jwks_uri: undefined },
      "token_endpoint_auth_method: expected private_key_jwt or a secret for a web client with a server (or common_id.web_origins for one without), found 'none'",
    ],
    [
      { ...native, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: web.jwks_uri },
      "token_endpoint_auth_method: expected none for a native client: a secret that is shipped in an app is no secret, found 'private_key_jwt'",
    ],
    [
      { ...native, grant_types: ['authorization_code', 'client_credentials'] },
      'grant_types: expected no client_credentials for a client without credentials, found ["authorization_code","client_credentials"]',
    ],
    [
      { ...inBrowser, common_id: { contact: 'x', web_origins: ['https://app.example.jp/'] } },
      "common_id.web_origins[0]: expected the origin of an https URL (or http on localhost in development), without a slash at the end, found 'https://app.example.jp/'; use https://app.example.jp",
    ],
    [
      { ...inBrowser, common_id: { contact: 'x', web_origins: ['*'] } },
      "common_id.web_origins[0]: expected the origin of an https URL (or http on localhost in development), without a slash at the end, found '*'",
    ],
    [
      { ...web, common_id: inBrowser.common_id },
      'common_id.web_origins: expected none, or "application_type": "web" with "token_endpoint_auth_method": "none": an app with a server requests its tokens from the server, found ["https://app.example.jp"]',
    ],
    [
      { ...native, common_id: inBrowser.common_id },
      'common_id.web_origins: expected none, or "application_type": "web" with "token_endpoint_auth_method": "none": an app with a server requests its tokens from the server, found ["https://app.example.jp"]',
    ],
    [
      { ...web, jwks_uri: undefined },
      'jwks_uri: expected the URL of the public keys (or jwks with the keys), because token_endpoint_auth_method is private_key_jwt, found nothing',
    ],
    [{ ...web, jwks: { keys: [{ kty: 'EC', crv: 'P-256' }] } }, 'jwks_uri: expected one of jwks and jwks_uri, found both'],
    [
      { ...web, jwks_uri: undefined, jwks: { keys: [{ kty: 'EC', crv: 'P-256', d: 'canary' }] } },
      'jwks.keys[0].d: expected no private key: a client’s file holds public keys only, found something else (not shown)',
    ],
    [
      { ...web, subject_type: 'pairwise', redirect_uris: ['https://a.example.jp/', 'https://b.example.jp/'] },
      'sector_identifier_uri: expected a URL, because redirect_uris have more than one host and subject_type is pairwise, found nothing',
    ],
    [
      {
        ...web,
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'APP_CLIENT_SECRET' },
        common_id: { contact: 'x', legacy_import: true },
      },
      "common_id.legacy_import: expected token_endpoint_auth_method private_key_jwt, because the same keys sign the legacy profiles, found 'client_secret_basic'",
    ],
    // Weak keys.
    [
      { ...web, jwks_uri: undefined, jwks: { keys: [{ kty: 'RSA', e: 'AQAB', n: 'A'.repeat(171) }] } },
      'jwks.keys[0].n: expected an RSA key of at least 2048 bits, found one of 1024',
    ],
    [
      { ...web, jwks_uri: undefined, jwks: { keys: [{ kty: 'EC', crv: 'P-521' }] } },
      "jwks.keys[0].crv: expected P-256, the curve of ES256, found 'P-521'",
    ],
    [
      { ...web, common_id: { contact: 'x', access_tokens: { lifetime_seconds: 5 } } },
      'common_id.access_tokens.lifetime_seconds: expected a whole number of seconds from 60 to 86400, found 5',
    ],
    // Secrets and references.
    [
      { ...web, token_endpoint_auth_method: 'client_secret_basic', client_secret: 'canary' },
      'client_secret: expected a reference such as {"$env": "MY_APP_CLIENT_SECRET"}, {"$file": "secrets/my-app"} or {"hash": "sha256:…"}, because files must not contain secrets, found something else (not shown)',
    ],
    [
      { ...web, token_endpoint_auth_method: 'client_secret_basic' },
      'client_secret: expected a reference to the secret, because token_endpoint_auth_method is client_secret_basic, found nothing; write {"$env": "MY_APP_CLIENT_SECRET"}, or use private_key_jwt',
    ],
    [
      { ...web, client_secret: { $env: 'APP_CLIENT_SECRET' } },
      'client_secret: expected no secret, because token_endpoint_auth_method is private_key_jwt, found one; remove it',
    ],
    [
      { ...web, token_endpoint_auth_method: 'client_secret_basic', client_secret: { $env: 'SHORT_SECRET' } },
      'client_secret: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~ in SHORT_SECRET, found a value of 6 characters (not shown); make one with: npm run admin -- secrets generate',
    ],
    [
      { ...secretWeb, client_secret: { $file: 'secrets/none' } },
      `client_secret: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~ in secrets/none, found no such file; ${mendSecret}`,
    ],
    [
      { ...secretWeb, client_secret: { hash: 'canary' } },
      'client_secret.hash: expected sha256: and 43 characters, as "npm run admin -- clients secret" prints it, found something else (not shown)',
    ],
    [
      { ...secretWeb, client_secret: { $env: 'APP_CLIENT_SECRET', $file: 'secrets/app' } },
      'client_secret: expected one of $env, $file and hash, found $env and $file',
    ],
    [{ ...secretWeb, client_secret: {} }, 'client_secret: expected one of $env, $file and hash, found none of them'],
    [{ ...secretWeb, client_secret: [] }, 'client_secret: expected one secret, or two to change it, found none'],
    [
      { ...secretWeb, client_secret: [{ $env: 'APP_CLIENT_SECRET' }, { $env: 'APP_CLIENT_SECRET', not_after: 'soon' }] },
      "client_secret[1].not_after: expected a time with its offset, such as 2026-04-01T00:00:00+09:00, found 'soon'",
    ],
    [
      {
        ...secretWeb,
        client_secret: { $env: 'APP_CLIENT_SECRET', not_before: '2026-10-02T00:00:00Z', not_after: '2026-10-01T00:00:00Z' },
      },
      'client_secret: expected not_after to be later than not_before, found 2026-10-02T00:00:00Z and 2026-10-01T00:00:00Z',
    ],
    [
      { ...web, token_endpoint_auth_method: 'client_secret_basic', client_secret: { $env: 'UNSET_SECRET' } },
      'client_secret: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~ in UNSET_SECRET, found nothing; make one with: npm run admin -- secrets generate',
    ],
    [
      { ...web, redirect_uris: ['${APP_ULR}/cb'] },
      "redirect_uris[0]: expected the name of a variable that is set, found '${APP_ULR}'; did you mean ${APP_URL}? Otherwise set APP_ULR",
    ],
    [
      { ...web, client_name: '${APP_CLIENT_SECRET}' },
      'client_name: expected no secret inside a text, found \'${APP_CLIENT_SECRET}\'; a client’s secret is {"client_secret": {"$env": "APP_CLIENT_SECRET"}}',
    ],
  ])('%j', (file, sentence) => {
    const told = sentences(file);
    expect(told).toEqual([typeof sentence === 'string' ? `${NAME}: ${sentence}` : sentence]);
    expect(told.join()).not.toMatch(new RegExp(`canary|${SECRET}`));
  });
});

describe('all files together', () => {
  test('all mistakes of all files are reported together, and the valid clients are returned', () => {
    const files = [
      { name: 'config/clients/a.json', text: JSON.stringify(web) },
      { name: 'config/clients/b.json', text: JSON.stringify({ ...web, client_name: 'B' }) },
      { name: 'config/clients/c.json', text: '{"client_id": "c",}' },
      {
        name: 'config/clients/d.json',
        text: JSON.stringify({
          ...web,
          client_id: 'd',
          scope: 'nothing',
          redirect_uris: ['http://d.example.jp/', 'https://d.example.jp/#'],
          common_id: { brand: 'x' },
        }),
      },
    ];
    const { clients, problems } = checkClientFiles(files, CONTEXT);
    expect(clients.map(({ metadata }) => metadata.client_id)).toEqual(['app']);
    expect(problems.map(formatProblem)).toEqual([
      "config/clients/b.json: client_id: expected an id that no other file has, found 'app', which config/clients/a.json has",
      expect.stringMatching(/^config\/clients\/c\.json: line 1, column \d+: expected .*$/),
      "config/clients/d.json: common_id.brand: expected toyota or lexus, found 'x'",
      'config/clients/d.json: common_id.contact: expected a text, found nothing',
      `config/clients/d.json: redirect_uris[0]: expected ${kinds}, found 'http://d.example.jp/'; use https://d.example.jp/`,
      "config/clients/d.json: redirect_uris[1]: expected a URL without a fragment, found 'https://d.example.jp/#'; use https://d.example.jp/",
      expect.stringContaining('config/clients/d.json: scope: expected scopes out of '),
    ]);
  });

  test.each(['null', '[]', '"text"', '1'])('JSON that is no object: %s', (text) => {
    const { problems } = checkClientFiles([{ name: NAME, text }], CONTEXT);
    expect(problems.map(formatProblem)).toEqual([`${NAME}: expected an object, found ${text === '"text"' ? "'text'" : text}`]);
  });

  test('lists the names that enabled client apps refer to, with their files', () => {
    const files = [
      { name: 'a.json', text: JSON.stringify({ x: ['${ONE}/a', '${ONE}/${TWO}'], client_secret: { $env: 'THREE' } }) },
      { name: 'b.json', text: JSON.stringify({ x: '${ONE}' }) },
      { name: 'c.json', text: JSON.stringify({ x: '${FOUR}', common_id: { enabled: false } }) },
      { name: 'd.json', text: '{' },
    ];
    expect([...namesInClientFiles(files)]).toEqual([
      ['ONE', ['a.json', 'b.json']],
      ['TWO', ['a.json']],
      ['THREE', ['a.json']],
    ]);
  });

  test('a disabled client app may refer to variables that are not set', () => {
    const file = { ...web, redirect_uris: ['${LATER_URL}/cb'], common_id: { contact: 'x', enabled: false } };
    const { clients, problems } = checkClientFiles([{ name: NAME, text: JSON.stringify(file) }], CONTEXT);
    expect(problems).toEqual([]);
    expect(clients[0]?.enabled).toBe(false);
  });
});
