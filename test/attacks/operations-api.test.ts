// Attacks on the operations API: who may call it, what a call leaves behind, and what it never tells. docs/operations-api.md.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ledgerOf } from '../support/ledger-of.ts';
import { begin, basic, redeem, returned, token as tokenOf } from './support/client.ts';
import { ALL_SCOPES, CONSOLE, OPERATOR, startOperationsWorld, type OperationsWorld } from './support/operations.ts';

jest.setTimeout(90_000);

const [SATO, YAMADA] = ['sato@example.jp', 'yamada@example.jp'];
const REASON = 'ticket 4711';
const HOUR_MS = 60 * 60_000;
const NOBODY = 'no-such-account';

let world: OperationsWorld;
let token: string;
beforeAll(async () => {
  world = await startOperationsWorld();
  token = await world.tokenFor(world.strong);
});
afterAll(async () => world?.close());

const idOf = async (email: string): Promise<string> => (await world.account(email)).id;
const newKey = (): string => crypto.randomUUID();
const eventsOf = async (subject: string) => (await ledgerOf(world.storage)).filter((entry) => entry.subject === subject);

/** A request to each endpoint that is right, and the status with the right scope. */
const REQUESTS: [method: string, path: string, scope: string, status: number, body?: object][] = [
  ['GET', '/me', 'any', 200],
  ['POST', '/accounts/find', 'support', 404, { identifier: 'nobody@example.jp', reason: REASON }],
  ...['show', 'timeline', 'export', 'unlock', 'end-sessions', 'disable', 'enable', 'remove-second-factor'].map(
    (action): [string, string, string, number, object] => [
      'POST',
      `/accounts/${NOBODY}/${action}`,
      'support',
      404,
      { reason: REASON },
    ],
  ),
  ['POST', `/accounts/${NOBODY}/erase`, 'support', 404, { reason: REASON, confirm: NOBODY }],
  ['GET', '/jobs', 'system', 200],
  ['GET', '/jobs/list?state=dead', 'system', 200],
  ['POST', '/jobs/retry', 'system', 404, { reason: REASON, key: 'no-such-job' }],
  ['POST', '/jobs/drop', 'system', 404, { reason: REASON, key: 'no-such-job' }],
  ['GET', '/ledger/events?limit=1', 'audit', 200],
  ['POST', '/ledger/verify', 'audit', 200],
  ['GET', '/migration/funnel?by=segment', 'migration', 200],
  ['POST', '/migration/stuck', 'migration', 200, { reason: REASON, client_id: 'owners-site', days: 0 }],
];
const send = async (row: (typeof REQUESTS)[number], sent: Parameters<OperationsWorld['call']>[2]) =>
  world.call(row[0], row[1], { key: newKey(), ...(row[4] && { body: row[4] }), ...sent });

test('the OpenAPI document is valid, and has every request of the tests', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(world.openapi));
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  const tried = REQUESTS.map(([, path]) => (path.split('?')[0] ?? '').replace(NOBODY, '{id}'));
  expect(Object.keys(world.openapi.paths).toSorted()).toEqual(tried.toSorted());
});

test('S205 every endpoint with a token of another scope, of another resource, of a program, of nobody, or with the session alone: refused', async () => {
  const scopes = ['support', 'migration', 'audit', 'system'];
  const tokens = new Map<string, string>();
  for (const scope of scopes) tokens.set(scope, await world.tokenFor(world.strong, `openid operations:${scope}`));
  const wrong = [];
  for (const row of REQUESTS)
    for (const scope of scopes) {
      const { status, body } = await send(row, { token: tokens.get(scope) });
      const allowed = row[2] === 'any' || row[2] === scope;
      if (allowed ? status !== row[3] : status !== 403 || body.code !== 'insufficient_scope')
        wrong.push([row[1], scope, status, body.code]);
    }
  expect(wrong).toEqual([]);

  const { page, pkce } = await begin(world as never, CONSOLE, { scope: 'openid email' }, world.strong);
  const userinfo = await redeem(world as never, returned(page).get('code') ?? '', pkce, { clientId: CONSOLE });
  const program = await tokenOf(
    world as never,
    { grant_type: 'client_credentials', scope: 'operations:support', resource: world.resource },
    { headers: basic(CONSOLE) },
  );
  const cookie = [...world.strong.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  expect(cookie).toContain('session');
  expect((await world.call('GET', '/me', { headers: { Cookie: cookie } })).body.code).toBe('token_missing');
  for (const other of [
    undefined,
    'x',
    '../../x',
    String(userinfo.body.access_token),
    String(program.body.access_token ?? 'none'),
  ])
    for (const row of [REQUESTS[0]!, REQUESTS[1]!]) {
      const { status, headers } = await send(row, { token: other });
      expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining(`realm="${world.resource}"`)]);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
});

test('S206 an account without a role, and a role that is taken away while the token lives: refused at the next request', async () => {
  const customer = world.browser('198.51.100.20');
  const theirs = await world.tokenFor(customer, ALL_SCOPES, YAMADA);
  expect((await world.call('GET', '/me', { token: theirs })).body).toMatchObject({ status: 403, code: 'not_an_operator' });
  const service = { scope: `${ALL_SCOPES} email` };
  const [first] = world.operators;
  if (!first) throw new Error('there is no operator');
  const again = await world.tokenFor(world.strong, service.scope);
  const look = async () =>
    (await world.call('POST', '/accounts/find', { token: again, body: { identifier: SATO, reason: REASON } })).status;
  expect(await look()).toBe(200);
  first.roles = ['audit'];
  expect(await look()).toBe(403);
  expect((await world.call('GET', '/me', { token: again })).body).toMatchObject({ scopes: ['operations:audit'] });
  const { page, pkce } = await begin(world as never, CONSOLE, { scope: ALL_SCOPES, resource: world.resource }, world.strong);
  const { body } = await redeem(world as never, returned(page).get('code') ?? '', pkce, {
    clientId: CONSOLE,
    resource: world.resource,
  });
  expect(body.scope).toBe('operations:audit');
  world.operators.length = 0;
  expect((await world.call('GET', '/me', { token: again })).body.code).toBe('not_an_operator');
  first.roles = ['support', 'migration', 'audit', 'system'];
  world.operators.push(first);
  expect(await look()).toBe(200);
});

test('S207 an operator who signs in with a password alone, or signed in yesterday: refused with what to ask for, and asking for it helps', async () => {
  world.operators.push({ name: 'weak', email: SATO, roles: ['support'] });
  const browser = world.browser('198.51.100.21');
  const weak = await world.tokenFor(browser, ALL_SCOPES, SATO);
  const refused = await world.call('POST', '/accounts/find', { token: weak, body: { identifier: YAMADA, reason: REASON } });
  const demanded = /acr_values="([^"]+)", max_age="(\d+)"/;
  expect([refused.status, refused.body.code]).toEqual([401, 'insufficient_user_authentication']);
  const [, acr = '', age = ''] = demanded.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
  const step = { scope: ALL_SCOPES, resource: world.resource, acr_values: acr, max_age: age };
  const { page } = await begin(world as never, CONSOLE, step, browser);
  expect(page.url).toContain('/second-factor');
  world.operators.pop();

  const old = await world.tokenFor(world.strong);
  expect((await world.call('GET', '/me', { token: old })).status).toBe(200);
  const { now } = world.clock;
  world.clock.now += 12 * HOUR_MS + 60_000;
  // The token itself would be over by then.
  const late = await world.tokenFor(world.strong).catch(() => undefined);
  if (late !== undefined)
    expect((await world.call('GET', '/me', { token: late })).body.code).toBe('insufficient_user_authentication');
  expect(late).toBeDefined();
  world.clock.now = now;
});

test('S208 an action is sent many times with one key, in parallel, to two nodes, and after the process died that began it: it is done once, and every answer is the same', async () => {
  const id = await idOf(YAMADA);
  const key = newKey();
  const { length } = world.mails;
  const body = { reason: REASON };
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, index) =>
      world.call('POST', `/accounts/${id}/disable`, { token, key, body, node: index % 2 }),
    ),
  );
  for (const answer of answers) expect([answer.status, answer.body]).toEqual([200, { account: id, done: 'disabled' }]);
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(7);
  expect((await eventsOf(id)).filter(({ type }) => type === 'account.disabled')).toHaveLength(1);
  await world.mail(YAMADA, '利用を停止', length);
  // Another request with this key, and the key of somebody else's request.
  for (const [path, other] of [
    [`/accounts/${id}/enable`, body],
    [`/accounts/${id}/disable`, { reason: 'another reason' }],
  ] as const)
    expect((await world.call('POST', path, { token, key, body: other })).body).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
  // A refusal is an answer, too.
  const again = newKey();
  for (const replayed of [null, 'true']) {
    const { body: refusal, headers } = await world.call('POST', `/accounts/${id}/disable`, { token, key: again, body });
    expect([refusal.code, headers.get('idempotency-replayed')]).toEqual(['nothing_changed', replayed]);
  }
  expect((await world.call('POST', `/accounts/${id}/enable`, { token, body })).body.code).toBe('idempotency_key_missing');

  // The process that began it died before it could answer: the change stands, and has no answer.
  const records = await world.storage.operationAnswers.listAfter('', 100);
  const record = records.find(({ answer }) => answer?.includes('"done":"disabled"'));
  if (!record) throw new Error('there is no answer');
  await world.storage.operationAnswers.change(record.id, (standing) => {
    const { answer: _answer, ...begun } = standing!;
    return begun;
  });
  const { now } = world.clock;
  world.clock.now = record.claimed_until + 1;
  const finished = await world.call('POST', `/accounts/${id}/disable`, { token, key, body, node: 1 });
  expect([finished.status, finished.body]).toEqual([200, { account: id, done: 'disabled' }]);
  expect((await eventsOf(id)).filter(({ type }) => type === 'account.disabled')).toHaveLength(1);
  world.clock.now = now;
  expect((await world.call('POST', `/accounts/${id}/enable`, { token, key: newKey(), body })).status).toBe(200);
});

test('S209 people are looked for by parts, patterns and lists: nobody is found, and a flood of searches is refused', async () => {
  const found = await world.call('POST', '/accounts/find', {
    token,
    body: { identifier: ` ${SATO.toUpperCase()}`, reason: REASON },
  });
  expect(found.body).toEqual({
    accounts: [{ id: await idOf(SATO), found_by: 'email', email: 's***@example.jp', state: 'active' }],
  });
  const parts = [
    'sato',
    'sato@',
    '@example.jp',
    'sato@example',
    '*',
    '%',
    '_',
    '.*',
    'sato@example.jp OR 1=1',
    'own-',
    's***@example.jp',
  ];
  const id = await idOf(SATO);
  for (const identifier of [...parts, id.slice(0, -1), `${id}%`])
    expect((await world.call('POST', '/accounts/find', { token, body: { identifier, reason: REASON } })).body.code).toBe(
      'person_unknown',
    );
  for (const identifier of [{ $ne: null }, { $regex: '.*' }, ['a'], null, 1, '', ' '])
    expect((await world.call('POST', '/accounts/find', { token, body: { identifier, reason: REASON } })).body.code).toBe(
      'request_invalid',
    );
  for (const path of ['/accounts', '/accounts?limit=100', '/accounts/find', `/accounts/${id}`, `/accounts/${id}/show`])
    expect([404, 405]).toContain((await world.call('GET', path, { token })).status);
  const statuses = [];
  for (let n = 0; n < 70; n += 1)
    statuses.push(
      (await world.call('POST', '/accounts/find', { token, node: n % 2, body: { identifier: `own-${n}`, reason: REASON } }))
        .status,
    );
  expect(statuses.at(-1)).toBe(429);
  world.clock.now += 61_000;
});

test('S210 hostile bodies, paths, queries, keys and cursors to every endpoint: each is refused in plain words, and none is an error of ours', async () => {
  const values = [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"reason":',
    `{"reason":"${'x'.repeat(70_000)}"}`,
    '{"__proto__":{"reason":"ticket"}}',
    '{"reason":["a"]}',
    '{"reason":"ticket 1","constructor":1}',
  ];
  const wrong = [];
  for (const row of REQUESTS) {
    const [method, path] = row;
    const tries: [string, Parameters<OperationsWorld['call']>[2]][] = [
      [`${path.split('?')[0]}?limit=-1&cursor=%00&__proto__=1&state=x&kind=x&subject=`, { ...(row[4] && { body: row[4] }) }],
      [path, { headers: { 'Content-Type': 'text/plain' }, ...(row[4] && { raw: 'x' }) }],
      ...(row[4] ? values.map((raw): [string, object] => [path, { raw }]) : []),
      ...(row[4]
        ? ['', ' ', '"', 'x'.repeat(300)].map((key): [string, object] => [path, { key, body: { ...row[4], more: 1 } }])
        : []),
    ];
    for (const [target, sent] of tries) {
      const { status } = await world.call(method, target, { token, key: newKey(), ...sent });
      if (status >= 500 || (status < 400 && row[4])) wrong.push([target, status, sent]);
    }
  }
  for (const id of ['%00', '..%2F..', '%F0%9F%98%80', 'x'.repeat(200), '__proto__', '%'])
    if ((await world.call('POST', `/accounts/${id}/show`, { token, body: { reason: REASON } })).status >= 500) wrong.push([id]);
  for (const cursor of [
    'x',
    'bnVsbA',
    Buffer.from('[-1]').toString('base64url'),
    Buffer.from(JSON.stringify(Array.from({ length: 16 }, () => 1e300))).toString('base64url'),
  ])
    if ((await world.call('GET', `/ledger/events?cursor=${cursor}`, { token })).status !== 400) wrong.push([cursor]);
  expect(wrong).toEqual([]);
  world.clock.now += 61_000;
});

test('S211 each look and each action leaves who, why and from where, and a reason that names the person leaves nothing and does nothing', async () => {
  const id = await idOf(YAMADA);
  const { length } = await eventsOf(id);
  for (const reason of ['yamada@example.jp called', '山田 on the phone', `born 1988-07-21`, 'x', '    '])
    for (const path of ['show', 'timeline', 'export', 'disable']) {
      const { status } = await world.call('POST', `/accounts/${id}/${path}`, { token, key: newKey(), body: { reason } });
      expect([path, reason, [400, 422].includes(status)]).toEqual([path, reason, true]);
    }
  expect(await eventsOf(id)).toHaveLength(length);
  const post = async (path: string, more: object = {}) =>
    (await world.call('POST', path, { token, key: newKey(), body: { reason: REASON, ...more } })).body;
  await post('/accounts/find', { identifier: YAMADA });
  const masked = await post(`/accounts/${id}/show`);
  expect(JSON.stringify(masked)).not.toMatch(/yamada|山田|own-yamada|090/);
  expect(JSON.stringify(await post(`/accounts/${id}/show`, { unmask: true }))).toContain(YAMADA);
  expect(JSON.stringify(await post(`/accounts/${id}/export`))).toContain(YAMADA);
  await post(`/accounts/${id}/unlock`);
  const timeline = (await post(`/accounts/${id}/timeline`, { language: 'en' })) as { entries: { type: string; words: string }[] };
  expect(timeline.entries.at(-2)?.words).toContain('(by operator: ticket 4711)');
  const events = (await eventsOf(id)).slice(length);
  expect(events.map(({ type }) => type)).toEqual([
    'account.looked_at',
    'account.looked_at',
    'account.looked_at',
    'account.unmasked',
    'account.exported',
    'account.limits_lifted',
    'account.looked_at',
  ]);
  for (const { data } of events)
    expect(data).toMatchObject({ operator: 'operator', reason: REASON, from: `${CONSOLE} 203.0.113.5` });
  const audit = await world.call('GET', `/ledger/events?operator=operator&subject=${id}&limit=200`, { token });
  expect((audit.body.events as unknown[]).slice(-7)).toEqual(
    events.map(({ at, type, subject, data }) => ({
      at: new Date(at).toISOString(),
      entry: expect.any(String),
      type,
      subject,
      data,
    })),
  );
});

test('S212 an operator acts on the account of an operator, or on their own: refused, and nothing is written', async () => {
  const id = await idOf(OPERATOR);
  const { length } = await eventsOf(id);
  for (const action of ['unlock', 'end-sessions', 'disable', 'enable', 'remove-second-factor', 'erase']) {
    const body = { reason: REASON, ...(action === 'erase' && { confirm: id }) };
    expect((await world.call('POST', `/accounts/${id}/${action}`, { token, key: newKey(), body })).body.code).toBe(
      'account_of_operator',
    );
  }
  expect(await eventsOf(id)).toHaveLength(length);
  const sato = await idOf(SATO);
  const unsure = await world.call('POST', `/accounts/${sato}/erase`, {
    token,
    key: newKey(),
    body: { reason: REASON, confirm: id },
  });
  expect([unsure.status, await idOf(SATO)]).toEqual([400, sato]);
});

test('S213 the operator signs out, or is disabled: the token that lives on opens nothing', async () => {
  const browser = world.browser('203.0.113.6');
  world.operators.push({ name: 'second', email: SATO, roles: ['support'] });
  const theirs = await world.tokenFor(browser, ALL_SCOPES, SATO);
  const me = async () => (await world.call('GET', '/me', { token: theirs })).body.code;
  expect(await me()).toBe('insufficient_user_authentication');
  await browser.open(`${world.issuer}/session/end`);
  await browser.submit('/confirm', { logout: 'yes' });
  expect(await me()).toBe('invalid_token');
  world.operators.pop();
});

test('S214 the ledger is read page by page: every event comes once, in order, from a time on, and a filter leaves out the others alone', async () => {
  type Page = { events: { at: string; entry: string; type: string }[]; next_cursor?: string };
  async function all(query: string): Promise<Page['events']> {
    const events: Page['events'] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Page = (await world.call('GET', `/ledger/events?${query}${cursor && `&cursor=${cursor}`}`, { token }))
        .body as never;
      events.push(...page.events);
      cursor = page.next_cursor;
    }
    return events;
  }
  const stored = (await ledgerOf(world.storage)).map(({ at, partition, sequence, type }) => ({
    at: new Date(at).toISOString(),
    entry: `${partition}/${sequence}`,
    type,
  }));
  const listed = await all('limit=7');
  expect(listed.map(({ entry }) => entry).toSorted()).toEqual(stored.map(({ entry }) => entry).toSorted());
  expect(listed.map(({ at }) => at)).toEqual(listed.map(({ at }) => at).toSorted());
  const middle = listed[Math.floor(listed.length / 2)]?.at ?? '';
  expect((await all(`limit=5&since=${middle}`)).map(({ entry }) => entry).toSorted()).toEqual(
    listed
      .filter(({ at }) => at >= middle)
      .map(({ entry }) => entry)
      .toSorted(),
  );
  const looks = listed.filter(({ type }) => type === 'account.looked_at').map(({ entry }) => entry);
  expect((await all('limit=2&type=account.looked_at')).map(({ entry }) => entry)).toEqual(looks);
});
