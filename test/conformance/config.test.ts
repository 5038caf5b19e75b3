// The plan "Config OP" of the OpenID Foundation's suite (oidcc-discovery-endpoint-verification), and more than it: whatever the discovery
// document lists is tried, and nothing else works.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { clientSchema, DEVICE_GRANT, SCOPES } from '../../src/config/clients/client-schema.ts';
import { makeTestKey, startWorld, WEB_SECRET, type TestKey, type World } from '../attacks/support/attack-world.ts';
import { authorizationUrl, basic, makePkce, parseJson, requestParams, returned } from '../attacks/support/client.ts';
import { sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import { createSoftwareAuthenticator } from '../support/software-authenticator.ts';
import { authentication, proofOf, type Party } from './fapi2-client.ts';
import { encryptRequest, signRequest } from './signed-request.ts';

const REDIRECT = 'https://client.example/callback';
const DOCUMENTATION = 'https://developers.example/common-id';
const ALL_SCOPES = 'openid profile email phone address offline_access migration dealer_link';
/** The shapes of the client file say what a client may choose. */
const CHOICES = clientSchema.shape;

type Metadata = Record<string, unknown>;

let world: World;
let document: Metadata;
let keys: Record<string, Party>;
/** The person whose profile has everything. */
let browser: Browser;

const web = {
  client_name: 'Somebody',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'ATTACK_WEB_SECRET' },
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: ALL_SCOPES,
  common_id: { contact: 'tests', first_party: true },
};
const SIGNED: Record<string, object> = {
  ES256: { request_object_signing_alg: 'ES256', authorization_signed_response_alg: 'ES256' },
  PS256: { request_object_signing_alg: 'PS256', authorization_signed_response_alg: 'RS256' },
};
const withoutSecret = { ...web, client_secret: undefined };

beforeAll(async () => {
  const algorithms = ['ES256', 'PS256', 'RS256'];
  const made = algorithms.map(async (alg): Promise<[string, Party]> => {
    const key: TestKey = await makeTestKey(alg);
    return [alg, { id: `key-${alg.toLowerCase()}`, key, dpopKey: key, redirectUri: REDIRECT }];
  });
  keys = Object.fromEntries(await Promise.all(made));
  world = await startWorld({
    env: { DOCUMENTATION_URL: DOCUMENTATION },
    clients: {
      basic: { ...web, backchannel_logout_uri: 'http://127.0.0.1:9/logout', backchannel_logout_session_required: true },
      complete: {
        ...web,
        common_id: { ...web.common_id, required_claims: [{ claim: 'gender', reason: { ja: '理由', en: 'Reason' } }] },
      },
      post: { ...web, token_endpoint_auth_method: 'client_secret_post' },
      rs256: { ...web, id_token_signed_response_alg: 'RS256' },
      pairwise: { ...web, subject_type: 'pairwise' },
      car: {
        client_name: 'Car',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        dpop_bound_access_tokens: true,
        grant_types: [DEVICE_GRANT],
        common_id: { contact: 'tests' },
      },
      phone: {
        ...withoutSecret,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      },
      ...Object.fromEntries(
        Object.values(keys).map(({ id, key }) => [
          id,
          {
            ...withoutSecret,
            token_endpoint_auth_method: 'private_key_jwt',
            jwks: { keys: [key.publicJwk] },
            ...SIGNED[String(key.publicJwk.alg)],
          },
        ]),
      ),
    },
  });
  document = parseJson((await world.request('/.well-known/openid-configuration')).text);
  browser = world.browser();
  await open(browser, { clientId: 'complete' });
  await browser.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' }, REDIRECT);
  await browser.submit('/required-profile', { gender: 'female' });
  await browser.submit('/required-profile/confirm');
  expect((await browser.submit('/required-profile/done', {}, REDIRECT)).location).toContain('code=');
}, 60_000);
afterAll(async () => world?.close());

const endpoint = (name: string): string => String(document[`${name}_endpoint`]);
const listed = (name: string): string[] => document[name] as string[];

type Asked = { clientId?: string; pkce?: ReturnType<typeof makePkce> } & Record<string, unknown>;

async function open(by: Browser, { clientId = 'basic', pkce = makePkce(), ...changes }: Asked = {}): Promise<Answer> {
  const asked = { redirect_uri: REDIRECT, scope: ALL_SCOPES, ...(changes as Record<string, string>) };
  return by.open(authorizationUrl(world.issuer, requestParams(clientId, pkce, asked)), REDIRECT);
}

async function encryptedRequests(): Promise<void> {
  for (const alg of listed('request_object_encryption_alg_values_supported'))
    for (const enc of listed('request_object_encryption_enc_values_supported')) {
      const request = await encryptRequest(world, await signRequest(world, keys.ES256!), alg, enc);
      expect(returned(await open(browser, { clientId: 'key-es256', request })).has('code')).toBe(true);
    }
}

async function post(at: string, body: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await sendRaw(at, { method: 'POST', body: new URLSearchParams(body), headers });
  return { status: answer.status, body: parseJson(answer.text) };
}

/** The whole flow. */
async function tokensOf(
  clientId = 'basic',
  changes: Record<string, string> = {},
  { dpop, by = browser }: { dpop?: string; by?: Browser } = {},
) {
  const pkce = makePkce();
  const page = await open(by, { clientId, pkce, ...changes });
  const code = returned(page).get('code') ?? page.text;
  const params = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: pkce.verifier };
  const { status, body } = await post(endpoint('token'), params, {
    ...basic(clientId),
    ...(dpop !== undefined && { DPoP: dpop }),
  });
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

const acrOf = async (changes: Record<string, string>, by: Browser): Promise<unknown> =>
  decodeJwt(String((await tokensOf('basic', changes, { by })).id_token)).acr;

const html = (text: string): string => text.replaceAll('&#34;', '"').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

let signedInByPasskey: Promise<Browser> | undefined;

/** A browser whose person has signed in with a passkey. */
async function passkeyBrowser(): Promise<Browser> {
  signedInByPasskey ??= signInByPasskey();
  return signedInByPasskey;
}

/** Adds a passkey in the first browser, and signs in with it in another one. */
async function signInByPasskey(): Promise<Browser> {
  const authenticator = createSoftwareAuthenticator({ rpId: new URL(world.issuer).hostname, origin: world.issuer });
  const page = await browser.open(`${world.issuer}/account/passkeys/add`);
  const [, options = ''] = /data-options="([^"]+)"/.exec(page.text) ?? [];
  await browser.submit('/account/passkeys', { credential: authenticator.create(JSON.parse(html(options)) as never) });
  const other = world.browser();
  const { url } = await open(other);
  const asked = await other.send(`${url}/passkey/options`);
  const credential = authenticator.get(JSON.parse(asked.text) as never);
  expect((await other.submit('/login/passkey', { credential }, REDIRECT)).location).toContain('code=');
  return other;
}

/** Authenticates with each method. @returns body parameters, headers */
const METHODS: Record<string, () => Promise<[Record<string, string>, Record<string, string>?]>> = {
  private_key_jwt: async () => [await authentication(world, keys.ES256!)],
  client_secret_basic: async () => [{}, basic('basic')],
  client_secret_post: async () => [{ client_id: 'post', client_secret: WEB_SECRET }],
  none: async () => [{ client_id: 'phone' }],
};
/** What an endpoint answers to a client that it has authenticated. */
const AUTHENTICATED: Record<string, [Record<string, string>, object]> = {
  token: [
    { grant_type: 'authorization_code', code: 'x', redirect_uri: REDIRECT },
    { status: 400, body: { error: 'invalid_grant' } },
  ],
  introspection: [{ token: 'x' }, { status: 200, body: { active: false } }],
  revocation: [{ token: 'x' }, { status: 200 }],
};

function tryMethods(name: keyof typeof AUTHENTICATED): () => Promise<void> {
  return async () => {
    const [params, expected] = AUTHENTICATED[name]!;
    expect(listed(`${name}_endpoint_auth_methods_supported`).toSorted()).toEqual(
      [...CHOICES.token_endpoint_auth_method.options].toSorted(),
    );
    for (const method of listed(`${name}_endpoint_auth_methods_supported`)) {
      const [own, headers] = await METHODS[method]!();
      expect([method, await post(endpoint(name), { ...params, ...own }, headers)]).toMatchObject([method, expected]);
    }
  };
}

function tryAlgorithms(name: keyof typeof AUTHENTICATED): () => Promise<void> {
  return async () => {
    const [params, expected] = AUTHENTICATED[name]!;
    const supported = listed(`${name}_endpoint_auth_signing_alg_values_supported`);
    expect(supported.toSorted()).toEqual(Object.keys(keys).toSorted());
    for (const alg of supported) {
      const own = await authentication(world, keys[alg]!, { alg });
      expect([alg, await post(endpoint(name), { ...params, ...own })]).toMatchObject([alg, expected]);
    }
  };
}

/** Whether a page is there. */
const tryPage = (name: string) => async (): Promise<void> => {
  expect([name, (await sendRaw(String(document[name]))).status]).toEqual([name, 200]);
};
const tryIs = (name: string, value: unknown) => async (): Promise<void> => expect(document[name]).toEqual(value);

const tryRequest = async (changes: Record<string, string>): Promise<Answer> => open(world.browser(), changes);

/** How each listed thing is tried. */
const TRIES: Record<string, () => Promise<void>> = {
  issuer: tryIs('issuer', undefined),
  authorization_endpoint: async () => expect((await tryRequest({})).url).toMatch(/\/login$/),
  token_endpoint: async () => expect(await tokensOf()).toMatchObject({ token_type: 'Bearer' }),
  userinfo_endpoint: async () => {
    const { access_token: token } = await tokensOf();
    const answer = await sendRaw(endpoint('userinfo'), { headers: { Authorization: `Bearer ${String(token)}` } });
    expect([answer.status, parseJson(answer.text).email]).toEqual([200, 'yamada@example.jp']);
  },
  jwks_uri: async () => {
    const { keys: all } = parseJson((await sendRaw(String(document.jwks_uri))).text) as { keys: Metadata[] };
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(all.length);
    for (const key of all)
      expect(Object.keys(key)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(d|p|q|dp|dq|qi|k)$/)]));
    for (const alg of listed('id_token_signing_alg_values_supported')) expect(all.map((key) => key.alg)).toContain(alg);
  },
  introspection_endpoint: async () => {
    const { access_token: token } = await tokensOf();
    expect(await post(endpoint('introspection'), { token: String(token) }, basic('basic'))).toMatchObject({
      body: { active: true },
    });
  },
  revocation_endpoint: async () => {
    const { access_token: token } = await tokensOf();
    await post(endpoint('revocation'), { token: String(token) }, basic('basic'));
    expect(await post(endpoint('introspection'), { token: String(token) }, basic('basic'))).toMatchObject({
      body: { active: false },
    });
  },
  pushed_authorization_request_endpoint: async () => {
    const params = requestParams('basic', makePkce(), { redirect_uri: REDIRECT });
    const { status, body } = await post(endpoint('pushed_authorization_request'), params, basic('basic'));
    expect([status, body.request_uri]).toEqual([201, expect.stringMatching(/^urn:/)]);
  },
  device_authorization_endpoint: async () => {
    const { status, body } = await post(endpoint('device_authorization'), { client_id: 'car', scope: 'openid' });
    expect([status, body.verification_uri]).toEqual([200, expect.stringContaining(world.issuer)]);
    const polled = { client_id: 'car', grant_type: DEVICE_GRANT, device_code: String(body.device_code) };
    const dpop = await proofOf(world, keys.ES256!);
    expect((await post(endpoint('token'), polled, { DPoP: dpop })).body.error).toBe('authorization_pending');
  },
  end_session_endpoint: async () => {
    const answer = await world.browser().open(endpoint('end_session'));
    expect([answer.status, answer.headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
  },
  token_endpoint_auth_methods_supported: tryMethods('token'),
  introspection_endpoint_auth_methods_supported: tryMethods('introspection'),
  revocation_endpoint_auth_methods_supported: tryMethods('revocation'),
  token_endpoint_auth_signing_alg_values_supported: tryAlgorithms('token'),
  introspection_endpoint_auth_signing_alg_values_supported: tryAlgorithms('introspection'),
  revocation_endpoint_auth_signing_alg_values_supported: tryAlgorithms('revocation'),
  op_policy_uri: tryPage('op_policy_uri'),
  op_tos_uri: tryPage('op_tos_uri'),
  service_documentation: tryIs('service_documentation', DOCUMENTATION),
  id_token_signing_alg_values_supported: async () => {
    const used = await Promise.all(['basic', 'rs256'].map(async (id) => (await tokensOf(id)).id_token));
    expect(used.map((token) => String(decodeProtectedHeader(String(token)).alg)).toSorted()).toEqual(
      listed('id_token_signing_alg_values_supported').toSorted(),
    );
    expect(listed('id_token_signing_alg_values_supported')).toEqual(CHOICES.id_token_signed_response_alg.unwrap().options);
  },
  subject_types_supported: async () => {
    const subjects = await Promise.all(
      ['basic', 'rs256', 'pairwise'].map(async (id) => decodeJwt(String((await tokensOf(id)).id_token)).sub),
    );
    expect([subjects[0] === subjects[1], subjects[0] === subjects[2]]).toEqual([true, false]);
    expect(listed('subject_types_supported')).toEqual(CHOICES.subject_type.unwrap().options);
  },
  scopes_supported: async () => {
    for (const scope of listed('scopes_supported')) {
      const { scope: granted } = await tokensOf('basic', { scope: scope === 'openid' ? scope : `openid ${scope}` });
      expect(String(granted).split(' ')).toContain(scope);
    }
    // Those of a resource are no scopes of this document.
    expect(SCOPES).toEqual(expect.arrayContaining(listed('scopes_supported')));
  },
  response_types_supported: async () => {
    for (const response_type of listed('response_types_supported'))
      expect(returned(await open(browser, { response_type })).has('code')).toBe(true);
    for (const response_type of ['token', 'id_token', 'none', 'code id_token'])
      expect(returned(await open(browser, { response_type })).get('error')).toBe('unsupported_response_type');
  },
  response_modes_supported: async () => {
    const answers: Record<string, Answer> = {};
    for (const mode of listed('response_modes_supported'))
      answers[mode] = await open(browser, { clientId: 'key-es256', response_mode: mode });
    expect(
      Object.fromEntries(
        Object.entries(answers).map(([mode, { location, text }]) => [
          mode,
          location?.slice(0, 38) ?? /<form method="post" action="([^"]+)"/.exec(text)?.[1],
        ]),
      ),
    ).toEqual({
      query: expect.stringMatching(/^https:\/\/client\.example\/callback\?/),
      fragment: expect.stringMatching(/^https:\/\/client\.example\/callback#/),
      form_post: REDIRECT,
      ...Object.fromEntries(['jwt', 'query.jwt'].map((mode) => [mode, expect.stringMatching(/\/callback\?resp/)])),
      'fragment.jwt': expect.stringMatching(/^https:\/\/client\.example\/callback#resp/),
      'form_post.jwt': REDIRECT,
    });

    for (const response_mode of ['web_message', 'jwt', 'query.jwt']) {
      const answer = await open(browser, { response_mode });
      expect([answer.status, answer.location?.includes('code=') ?? false]).toEqual([expect.any(Number), false]);
    }
  },
  grant_types_supported: async () => {
    expect(listed('grant_types_supported').toSorted()).toEqual([...CHOICES.grant_types.unwrap().element.options].toSorted());
    for (const grant of [...listed('grant_types_supported'), 'password', 'implicit']) {
      const { body } = await post(endpoint('token'), { grant_type: grant }, basic('basic'));
      expect([grant, body.error === 'unsupported_grant_type']).toEqual([grant, !listed('grant_types_supported').includes(grant)]);
    }
  },
  code_challenge_methods_supported: async () => {
    await tokensOf();
    expect(listed('code_challenge_methods_supported')).toEqual(['S256']);
    expect(returned(await open(browser, { code_challenge_method: 'plain' })).get('error')).toBe('invalid_request');
  },
  dpop_signing_alg_values_supported: async () => {
    const party = keys.ES256!;
    const proofBy = async (alg: string): Promise<string> => proofOf(world, party, { alg, key: await makeTestKey(alg) });
    for (const alg of listed('dpop_signing_alg_values_supported'))
      expect([alg, (await tokensOf('basic', {}, { dpop: await proofBy(alg) })).token_type]).toEqual([alg, 'DPoP']);
    for (const alg of ['PS256', 'RS256', 'ES384']) {
      const body = { grant_type: 'client_credentials', scope: 'openid' };
      const headers = { ...basic('basic'), DPoP: await proofBy(alg) };
      expect([alg, (await post(endpoint('token'), body, headers)).body.error]).toEqual([alg, 'invalid_dpop_proof']);
    }
  },
  acr_values_supported: async () => {
    const strong = await passkeyBrowser();
    for (const acr_values of listed('acr_values_supported')) expect(await acrOf({ acr_values }, strong)).toBe(acr_values);
    expect(await acrOf({}, strong)).toBe('phr');
    for (const acr_values of ['unknown', 'phr urn:common-id:acr:password'])
      expect(await acrOf({ acr_values }, browser)).toBe('urn:common-id:acr:password');
    const stronger = await open(browser, { acr_values: 'unknown phr', prompt: 'none' });
    expect(returned(stronger).get('error')).toBe('login_required');
  },
  claims_supported: async () => {
    const { access_token: token, id_token: idToken } = await tokensOf();
    const about = parseJson(
      (await sendRaw(endpoint('userinfo'), { headers: { Authorization: `Bearer ${String(token)}` } })).text,
    );
    const told = new Set([...Object.keys(about), ...Object.keys(decodeJwt(String(idToken)))]);
    // Those are of the token itself.
    for (const name of ['aud', 'exp', 'iat', 'nonce', 'at_hash']) told.delete(name);
    expect([...told].toSorted()).toEqual(listed('claims_supported').toSorted());
  },
  claims_locales_supported: async () => {
    const { access_token: token } = await tokensOf();
    const { text } = await sendRaw(endpoint('userinfo'), { headers: { Authorization: `Bearer ${String(token)}` } });
    const tags = [...text.matchAll(/"[\w]+#([\w-]+)":/g)].map(([, tag]) => String(tag));
    expect([...new Set(['ja', ...tags])].toSorted()).toEqual(listed('claims_locales_supported').toSorted());
  },
  claim_types_supported: tryIs('claim_types_supported', ['normal']),
  ui_locales_supported: async () => {
    for (const ui_locales of listed('ui_locales_supported'))
      expect((await tryRequest({ ui_locales })).headers['content-language']).toBe(ui_locales);
    expect((await tryRequest({ ui_locales: 'fr' })).headers['content-language']).toBe('ja');
  },
  display_values_supported: async () => {
    for (const display of listed('display_values_supported')) expect((await tryRequest({ display })).status).toBe(200);
  },
  prompt_values_supported: async () => {
    const at: Record<string, RegExp> = {
      login: /\/login$/,
      consent: /\/consent$/,
      select_account: /\/select-account$/,
      create: /\/create$/,
    };
    for (const prompt of listed('prompt_values_supported')) {
      const page = await open(prompt === 'none' ? browser : browser.copy(), { prompt });
      if (prompt === 'none') expect(returned(page).has('code')).toBe(true);
      else expect([prompt, page.url]).toEqual([prompt, expect.stringMatching(at[prompt]!)]);
    }
    expect(returned(await open(browser, { prompt: 'unknown' })).get('error')).toBe('invalid_request');
  },
  authorization_details_types_supported: async () => {
    for (const type of listed('authorization_details_types_supported')) {
      const page = await open(browser.copy(), { authorization_details: JSON.stringify([{ type, dealer: 'aichi-toyota' }]) });
      expect(page.url).toMatch(/\/dealer-link$/);
    }
    const other = await open(browser, { authorization_details: '[{"type":"unknown"}]' });
    expect(returned(other).get('error')).toBe('invalid_authorization_details');
  },
  authorization_response_iss_parameter_supported: async () =>
    expect(returned(await open(browser)).get('iss')).toBe(document.issuer),
  claims_parameter_supported: async () => {
    const claims = JSON.stringify({ id_token: { email: null } });
    const { email } = decodeJwt(String((await tokensOf('basic', { scope: 'openid email', claims })).id_token));
    expect(email !== undefined).toBe(document.claims_parameter_supported);
  },
  request_parameter_supported: async () => {
    const request = await signRequest(world, keys.ES256!);
    const page = await open(browser, { clientId: 'key-es256', request });
    expect([document.request_parameter_supported, returned(page).has('code')]).toEqual([true, true]);
    expect(returned(await open(browser, { request })).get('error')).toBe('request_not_supported');
  },
  request_object_signing_alg_values_supported: async () => {
    for (const [alg, party] of Object.entries(keys)) {
      const page = await open(browser, { clientId: party.id, request: await signRequest(world, party) });
      expect(listed('request_object_signing_alg_values_supported').includes(alg)).toBe(returned(page).has('code'));
    }
  },
  request_object_encryption_alg_values_supported: encryptedRequests,
  request_object_encryption_enc_values_supported: encryptedRequests,
  authorization_signing_alg_values_supported: async () => {
    const algorithms = await Promise.all(
      ['key-es256', 'key-ps256'].map(async (clientId) => {
        const response = returned(await open(browser, { clientId, response_mode: 'jwt' })).get('response');
        return decodeProtectedHeader(String(response)).alg;
      }),
    );
    expect(listed('authorization_signing_alg_values_supported')).toEqual(algorithms);
  },
  request_uri_parameter_supported: async () => {
    const page = await open(browser, { request_uri: 'https://client.example/request' });
    expect([document.request_uri_parameter_supported, page.location?.includes('code=') ?? false]).toEqual([false, false]);
  },
  backchannel_logout_supported: async () => expect(document.backchannel_logout_supported).toBe(true),
  backchannel_logout_session_supported: async () => expect(decodeJwt(String((await tokensOf()).id_token)).sid).toBeDefined(),
};

describe('the discovery document', () => {
  test('oidcc-discovery-endpoint-verification', async () => {
    const answer = await world.request('/.well-known/openid-configuration');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, expect.stringMatching(/^application\/json/)]);
    const url = new URL(String(document.issuer));
    expect([document.issuer, url.search, url.hash]).toEqual([world.issuer, '', '']);
    const { status, body } = {
      status: 200,
      body: parseJson((await world.request('/.well-known/oauth-authorization-server')).text),
    };
    expect([status, body]).toEqual([200, document]);
    for (const [name, value] of Object.entries(document).filter(([key]) => /_endpoint$|_uri$/.test(key)))
      expect([name, String(value).startsWith(`${world.issuer}/`)]).toEqual([name, true]);
    for (const name of [
      'scopes_supported',
      'response_types_supported',
      'grant_types_supported',
      'subject_types_supported',
      'claims_supported',
    ])
      expect([name, listed(name)?.length > 0]).toEqual([name, true]);
    expect(listed('id_token_signing_alg_values_supported')).toContain('RS256');
    for (const tag of [...listed('ui_locales_supported'), ...listed('claims_locales_supported')])
      expect(Intl.getCanonicalLocales(tag)).toEqual([tag]);
  });

  test('lists nothing that is not tried here', () => {
    expect(Object.keys(document).filter((name) => !TRIES[name])).toEqual([]);
  });

  test.each(Object.keys(TRIES).filter((name) => name !== 'issuer'))('lists %s, and it works', async (name) => {
    expect(document).toHaveProperty(name);
    await TRIES[name]!();
  });
});

describe('an essential class of sign-in (acr)', () => {
  const essential = (acr: object): Record<string, string> => ({
    claims: JSON.stringify({ id_token: { acr: { essential: true, ...acr } } }),
  });
  const error = (page: Answer): string | null => returned(page).get('error');

  test('that the sign-in has, or is stronger than: the ID token tells one that was asked for', async () => {
    const strong = await passkeyBrowser();
    expect(await acrOf(essential({ value: 'urn:common-id:acr:mfa' }), strong)).toBe('urn:common-id:acr:mfa');
    expect(await acrOf(essential({ values: ['unknown', 'phr'] }), strong)).toBe('phr');
    expect(await acrOf(essential({ values: ['urn:common-id:acr:password'] }), browser)).toBe('urn:common-id:acr:password');
  });

  test('that nobody can reach: unmet_authentication_requirements', async () => {
    expect(error(await open(browser, essential({ value: 'unknown' })))).toBe('unmet_authentication_requirements');
  });

  test('that the account reaches with its passkey: a password is not enough', async () => {
    await passkeyBrowser();
    const yamada = world.browser();
    await open(yamada, essential({ values: ['phr'] }));
    const page = await yamada.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' }, REDIRECT);
    expect([page.location, page.url]).toEqual([undefined, expect.stringMatching(/\/second-factor$/)]);
  });
});
