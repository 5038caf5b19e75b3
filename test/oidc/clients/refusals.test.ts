// Why a client was refused: what its developer is told, at once and later (`clients why`).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import type { ClientRefusal } from '../../../src/domain/client-refusal.ts';
import { CALLBACK, WEB_SECRET } from '../../attacks/support/attack-world.ts';
import { authorizationUrl, basic, makePkce, parseJson, requestParams } from '../../attacks/support/client.ts';
import { runAdmin } from '../../scripts/run-admin.ts';
import { createBrowser, sendRaw, textOf, type Answer } from '../../support/http-browser.ts';
import { startIdInProcess, type IdInProcess } from '../../support/id-in-process.ts';
import { untilFound } from '../../support/until-true.ts';

const SHOP = {
  client_name: 'My shop',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'ATTACK_WEB_SECRET' },
  redirect_uris: ['http://localhost:3001/callback', CALLBACK],
  post_logout_redirect_uris: ['http://localhost:3001/bye'],
  grant_types: ['authorization_code', 'client_credentials'],
  scope: 'openid email',
  common_id: { contact: 'tests' },
};

/** The first node is as in development, the second one as in production. */
let id: IdInProcess;
beforeAll(async () => {
  id = await startIdInProcess({
    clients: {
      'my-shop': SHOP,
      'my-pushing-shop': { ...SHOP, require_pushed_authorization_requests: true },
      'flooded-shop': SHOP,
      'quiet-shop': SHOP,
    },
    nodes: [(config) => config, (config) => ({ ...config, mode: 'production' })],
  });
}, 60_000);
afterAll(async () => id?.close());

type Sent = { path: string; body?: Record<string, string>; headers?: Record<string, string> };

const auth = (changes: Record<string, string | undefined>, clientId = 'my-shop'): Sent => ({
  path: authorizationUrl('', requestParams(clientId, makePkce(), { scope: 'openid', ...changes })),
});
const post = (path: string, body: Record<string, string>, headers = basic('my-shop')): Sent => ({ path, body, headers });
const pushed = (changes: Record<string, string | undefined>): Sent =>
  post('/request', requestParams('my-shop', makePkce(), { scope: 'openid', ...changes }));

async function send({ path, body, headers = {} }: Sent, node = 0): Promise<Answer> {
  const all = { Accept: body ? 'application/json' : 'text/html', ...headers };
  const options = { headers: all, port: id.ports[node], ...(body && { method: 'POST', body: new URLSearchParams(body) }) };
  return sendRaw(`${id.issuer}${path}`, options);
}

/** The description and the error code of an answer, wherever they are. */
function toldIn(answer: Answer): { error: string | undefined; description: string } {
  if (answer.location !== undefined) {
    const { search, hash } = new URL(answer.location);
    const params = new URLSearchParams(hash.slice(1) || search);
    return { error: params.get('error') ?? undefined, description: params.get('error_description') ?? '' };
  }
  if (answer.text.startsWith('{')) {
    const { error, error_description: description } = parseJson(answer.text);
    return { error: String(error), description: String(description) };
  }
  return { error: undefined, description: textOf(answer.text) };
}

async function noted(clientId: string, answer: Answer): Promise<ClientRefusal> {
  const requestId = answer.headers['x-request-id'];
  return untilFound(`the refusal ${String(requestId)} of ${clientId}`, async () => {
    const record = await id.storage.clientRefusals.find(clientId);
    return record?.refusals.find(({ request_id: other }) => other === requestId);
  });
}

const MISTAKES: [string, Sent, Partial<ClientRefusal> & { clientId?: string }][] = [
  [
    'a redirect_uri that is not registered',
    auth({ redirect_uri: 'http://localhost:3001/cb' }),
    {
      endpoint: 'authorization',
      error: 'invalid_redirect_uri',
      why: "redirect_uri 'http://localhost:3001/cb' is not registered for my-shop; nearest: 'http://localhost:3001/callback'",
      sent: { redirect_uri: 'http://localhost:3001/cb' },
      expected: `http://localhost:3001/callback or ${CALLBACK}`,
      nearest: 'http://localhost:3001/callback',
    },
  ],
  [
    'the same, pushed',
    pushed({ redirect_uri: 'http://localhost:3001/callback/?x=secret#y' }),
    {
      endpoint: 'pushed_authorization_request',
      error: 'invalid_request',
      sent: { redirect_uri: 'http://localhost:3001/callback/?x=...#...' },
      nearest: 'http://localhost:3001/callback',
    },
  ],
  [
    'a client_id with a mistake',
    auth({ client_id: 'my-shpo' }),
    {
      clientId: 'my-shop',
      endpoint: 'authorization',
      error: 'invalid_client',
      why: "client_id 'my-shpo' is not registered, or disabled; nearest: 'my-shop'",
      sent: { client_id: 'my-shpo' },
    },
  ],
  [
    'the same at the token endpoint',
    post('/token', { grant_type: 'client_credentials' }, basic('my-shpo')),
    { clientId: 'my-shop', endpoint: 'token', error: 'invalid_client', sent: { client_id: 'my-shpo' }, nearest: 'my-shop' },
  ],
  [
    'a scope that the file does not name',
    auth({ scope: 'openid phone' }),
    {
      error: 'invalid_scope',
      why: "scope 'phone' is not in the file of my-shop",
      sent: { scope: 'phone' },
      expected: 'openid email',
    },
  ],
  [
    'no PKCE',
    auth({ code_challenge: undefined, code_challenge_method: undefined }),
    {
      error: 'invalid_request',
      why: 'code_challenge is missing: my-shop has to send PKCE with S256 (RFC 7636)',
      expected: 'code_challenge, and code_challenge_method=S256',
    },
  ],
  [
    'PKCE with plain',
    auth({ code_challenge_method: 'plain' }),
    { why: "code_challenge_method 'plain' is not one of: S256", sent: { code_challenge_method: 'plain' } },
  ],
  ['the implicit flow', auth({ response_type: 'token' }), { error: 'unsupported_response_type', expected: 'code' }],
  [
    'an unknown response mode',
    auth({ response_mode: 'form-post' }),
    { error: 'unsupported_response_mode', nearest: 'form_post' },
  ],
  ['an unknown prompt', auth({ prompt: 'logon' }), { sent: { prompt: 'logon' }, nearest: 'login' }],
  [
    'a request that is not pushed',
    auth({}, 'my-pushing-shop'),
    { clientId: 'my-pushing-shop', why: expect.stringContaining('my-pushing-shop has to push') as never },
  ],
  [
    'a wrong secret',
    post('/token', { grant_type: 'client_credentials' }, basic('my-shop', `${WEB_SECRET}x`)),
    {
      endpoint: 'token',
      error: 'invalid_client',
      why: 'the client_secret is not that of my-shop, or no longer valid',
      sent: { authentication: 'client_secret_basic' },
    },
  ],
  [
    'the secret in the body',
    post('/token', { grant_type: 'client_credentials', client_id: 'my-shop', client_secret: WEB_SECRET }, {}),
    {
      error: 'invalid_client',
      why: 'my-shop authenticated by client_secret_post, but its file says client_secret_basic (token_endpoint_auth_method)',
      expected: 'client_secret_basic',
    },
  ],
  [
    'no authentication',
    post('/token', { grant_type: 'client_credentials', client_id: 'my-shop' }, {}),
    { error: 'invalid_client', sent: { authentication: 'none' } },
  ],
  [
    'a grant type that there is not',
    post('/token', { grant_type: 'password' }),
    { error: 'unsupported_grant_type', sent: { grant_type: 'password' } },
  ],
  [
    'a grant type that the file does not name',
    post('/token', { grant_type: 'refresh_token', refresh_token: 'none' }),
    {
      expected: 'authorization_code or client_credentials',
      why: "grant_type 'refresh_token' is not one of those in the file of my-shop: authorization_code, client_credentials",
    },
  ],
  [
    'a code that there is not',
    post('/token', { grant_type: 'authorization_code', code: 'none', redirect_uri: CALLBACK, code_verifier: 'v'.repeat(43) }),
    { error: 'invalid_grant', why: 'authorization code not found', sent: { grant_type: 'authorization_code' } },
  ],
  ['introspection of nothing', post('/token/introspection', {}), { endpoint: 'introspection', error: 'invalid_request' }],
  ['revocation of nothing', post('/token/revocation', {}), { endpoint: 'revocation', error: 'invalid_request' }],
];

test.each(MISTAKES)('%s is told at once, and kept for the developer', async (_what, request, { clientId, ...refusal }) => {
  const answer = await send(request);
  const kept = await noted(clientId ?? 'my-shop', answer);
  expect(kept).toMatchObject(refusal);
  const told = toldIn(answer);
  expect(told.description).toContain(kept.why);
  if (told.error !== undefined) {
    expect(told.error).toBe(kept.error);
    // RFC 6749, section 5.2.
    expect(told.description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  }
});

test('a logout that returns to an unknown address is kept', async () => {
  const query = new URLSearchParams({ client_id: 'my-shop', post_logout_redirect_uri: 'http://localhost:3001/by' });
  const answer = await send({ path: `/session/end?${query.toString()}` });
  expect(await noted('my-shop', answer)).toMatchObject({ endpoint: 'end_session', nearest: 'http://localhost:3001/bye' });
});

test('a response that is posted or in the fragment says it too', async () => {
  const refused = { scope: 'openid phone' };
  const fragment = await send(auth({ ...refused, response_mode: 'fragment' }));
  expect(new URLSearchParams(fragment.location?.split('#')[1]).get('error_description')).toContain("scope 'phone'");
  const posted = await send(auth({ ...refused, response_mode: 'form_post' }));
  expect(posted.text).toContain('scope &#39;phone&#39; is not in the file');
});

describe('in production', () => {
  test.each(MISTAKES)('%s: the answer names the request alone', async (_what, request, { clientId = 'my-shop', why }) => {
    const answer = await send(request, 1);
    const requestId = String(answer.headers['x-request-id']);
    const { error, description } = toldIn(answer);
    expect(description).toContain(requestId);
    if (error !== undefined) expect(description).toMatch(new RegExp(`\\(request ${requestId}\\)$`));
    if (typeof why === 'string' && why !== 'authorization code not found') expect(description).not.toContain(why);
    if (answer.text.startsWith('{')) expect(parseJson(answer.text)).toMatchObject({ request_id: requestId });
    expect(id.log.find((line) => line.request_id === requestId)).toBeDefined();
    expect((await noted(clientId, answer)).request_id).toBe(requestId);
  });
});

test('what a person decides is no mistake of the client', async () => {
  const answer = await createBrowser().open(
    `${id.issuer}${auth({ prompt: 'none', redirect_uri: CALLBACK }, 'quiet-shop').path}`,
    CALLBACK,
  );
  expect(toldIn(answer).error).toBe('login_required');
  const mistake = await send(auth({ prompt: 'logon' }, 'quiet-shop'));
  await noted('quiet-shop', mistake);
  expect((await id.storage.clientRefusals.find('quiet-shop'))?.refusals).toHaveLength(1);
});

test('secrets, codes, tokens and personal data are not kept, in whatever parameter they come', async () => {
  const canary = 'canary7f3a91d0c2e84b56a1f0d3c7e9b8a4';
  const person = 'taro.canary@example.jp';
  const jwt = await new SignJWT({ sub: 'flooded-shop', canary }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32));
  const client = 'flooded-shop';
  const wrong = basic(client, `${canary}x`);
  const answers = await Promise.all(
    [
      post(
        '/token',
        { grant_type: 'authorization_code', code: canary, redirect_uri: `${CALLBACK}?code=${canary}` },
        basic(client),
      ),
      post('/token', { grant_type: canary, scope: jwt }, basic(client)),
      post('/token', { grant_type: 'refresh_token', refresh_token: canary }, wrong),
      post('/token', { client_id: canary, grant_type: 'client_credentials' }, {}),
      post('/token', { client_assertion: jwt, client_assertion_type: canary, grant_type: person }, {}),
      post('/token/introspection', { token: canary, token_type_hint: jwt }, wrong),
      post('/token/revocation', { token: canary, token_type_hint: person }, wrong),
      auth({ redirect_uri: `http://${canary}@localhost/${canary}/${person}?email=${person}#${canary}`, scope: person }, client),
      auth({ scope: `openid phone ${person}`, login_hint: person, prompt: canary, state: canary, nonce: canary }, client),
      auth({ response_type: person, response_mode: canary, id_token_hint: jwt }, client),
      auth({ authorization_details: JSON.stringify([{ type: canary, name: '09012345678' }]) }, client),
      { path: `/session/end?${new URLSearchParams({ client_id: client, post_logout_redirect_uri: `x:/${canary}` }).toString()}` },
    ].map(async (request) => send(request)),
  );
  await noted(client, answers.at(-1)!);
  const kept = JSON.stringify(await id.storage.clientRefusals.find(client));
  expect(kept).not.toMatch(/canary|taro|09012345678|eyJ/);
  expect(answers.filter(({ text, location = '' }) => `${text}${location}`.includes('error')).length).toBeGreaterThan(8);
});

test('a flood fills neither the list of a client nor the database, and hides no refusal of another kind', async () => {
  const old = await send(
    post('/token', { grant_type: 'client_credentials', scope: 'email' }, basic('quiet-shop', 'x'.repeat(40))),
  );
  await noted('quiet-shop', old);
  const flood = Array.from({ length: 60 }, async (_, n) => {
    await send({ ...auth({ client_id: `unknown-${n}-${'y'.repeat(n)}` }) });
    return send(auth({ redirect_uri: `http://localhost:4000/${n}` }, 'quiet-shop'));
  });
  await Promise.all(flood);
  const last = await send(auth({ scope: 'openid phone' }, 'quiet-shop'));
  await noted('quiet-shop', last);
  const { refusals = [] } = (await id.storage.clientRefusals.find('quiet-shop')) ?? {};
  expect(refusals.filter(({ error }) => error === 'invalid_redirect_uri')).toHaveLength(5);
  expect(refusals.some(({ request_id: kept }) => kept === old.headers['x-request-id'])).toBe(true);
  expect(await id.storage.clientRefusals.find('unknown-1-y')).toBeUndefined();
});

test('clients why shows them to people and to programs; for a mistyped id it names the nearest', async () => {
  const answer = await send(auth({ redirect_uri: 'http://localhost:3001/cb' }));
  await noted('my-shop', answer);
  const env = { PATH: process.env.PATH, ...id.env };
  const ask = async (...args: string[]) => runAdmin(['clients', 'why', ...args, '--project', id.directory], { env });
  const [told, programmed, mistyped] = await Promise.all([ask('my-shop'), ask('my-shop', '--json'), ask('my-shpo')]);
  expect([told.code, told.err]).toEqual([0, '']);
  expect(told.out).toContain(
    [
      "  redirect_uri 'http://localhost:3001/cb' is not registered for my-shop; nearest: 'http://localhost:3001/callback'",
      '    sent      redirect_uri = http://localhost:3001/cb',
      `    expected  http://localhost:3001/callback or ${CALLBACK}`,
      '    nearest   http://localhost:3001/callback',
      `    request   ${String(answer.headers['x-request-id'])}`,
    ].join('\n'),
  );
  const [newest] = JSON.parse(programmed.out) as Record<string, unknown>[];
  expect(newest).toMatchObject({ request_id: answer.headers['x-request-id'], endpoint: 'authorization' });
  expect(mistyped).toMatchObject({ code: 1, err: 'there is no client app my-shpo; did you mean my-shop?\n' });
});
