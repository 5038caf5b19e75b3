// The dealer system over real HTTP, with tokens of a test issuer.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createDealerSystem } from '../../../src/apps/dealer-system/create-dealer-system.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { serve, type Served } from '../serve.ts';
import { startTestIssuer, type TestIssuer } from './test-issuer.ts';

const NOW = Date.parse('2026-11-22T03:00:00Z');
const VIN = 'JTDKB20U093500001';
const CUSTOMER = {
  sub: 'pairwise-1',
  name: '田中 太郎',
  kana: 'タナカ タロウ',
  phone_number: '+819012345678',
  email: 'tanaka@example.jp',
  address: { postal_code: '4600008', region: '愛知県', locality: '名古屋市中区', street_address: '栄1-2-3' },
};

type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

let issuer: TestIssuer;
let directory: string;
let dealers: Served<Awaited<ReturnType<typeof createDealerSystem>>>;
let resource: string;

function start(seedDemo = true): ReturnType<typeof serve<Awaited<ReturnType<typeof createDealerSystem>>>> {
  return serve((origin) =>
    createDealerSystem({
      origin,
      cookieKeys: ['a test key of enough length'],
      trustProxy: 0,
      cacheViews: true,
      clock: () => NOW,
      log: createLog('dealer-system', 'silent'),
      issuer: issuer.issuer,
      databasePath: join(directory, 'dealer.sqlite'),
      seedDemo,
    }),
  );
}

async function call(
  method: string,
  path: string,
  token?: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${resource}/${path}`, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

function deliveryToken(claims: JWTPayload = {}): Promise<string> {
  return issuer.sign('at+jwt', {
    aud: resource,
    sub: 'common-id',
    client_id: 'common-id',
    scope: 'customer_links:write',
    ...claims,
  });
}

function customerToken(claims: JWTPayload = {}): Promise<string> {
  return issuer.sign('at+jwt', {
    aud: resource,
    sub: 'somebody',
    client_id: 'maintenance-notebook',
    scope: 'service_history booking',
    authorization_details: [{ type: 'dealer_link', dealer: 'aichi-toyota', link_id: 'dl_1' }],
    ...claims,
  });
}

function receipt(claims: JWTPayload = {}): Promise<string> {
  return issuer.sign('consent-receipt+jwt', { aud: resource, sub: 'pairwise-1', link_id: 'dl_1', ...claims });
}

async function linkBody(changes: object = {}): Promise<Record<string, unknown>> {
  return { customer: CUSTOMER, vehicles: [{ vin: VIN, model: 'プリウス' }], consent_receipt: await receipt(), ...changes };
}

async function deliver(key = 'key-1', changes: object = {}): Promise<Answer> {
  return call('PUT', 'customer-links/dl_1', await deliveryToken(), await linkBody(changes), { 'Idempotency-Key': key });
}

beforeAll(async () => {
  issuer = await startTestIssuer(() => NOW);
});
afterAll(() => issuer.close());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealer-'));
  dealers = await start();
  resource = `${dealers.origin}/dealers/aichi-toyota`;
});
afterEach(async () => {
  await dealers.close();
  await rm(directory, { recursive: true });
});

describe('customer links', () => {
  test('are accepted, and the same key gets the same answer', async () => {
    const first = await deliver();
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ link_id: 'dl_1', status: 'active', linked_at: new Date(NOW).toISOString() });
    // A new receipt has another text, but the request is the same.
    const again = await deliver();
    expect([again.status, again.body]).toEqual([201, first.body]);
  });

  test('are accepted once, also by 20 parallel requests', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver()));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 201));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  });

  test('change with a new key, and not with a used one', async () => {
    await deliver();
    const reused = await deliver('key-1', { customer_number: 'C-2' });
    expect([reused.status, reused.body['code']]).toEqual([422, 'idempotency_key_reused']);
    const changed = await deliver('key-2', { customer_number: 'C-2' });
    expect(changed.status).toBe(200);
  });

  test('survive a restart', async () => {
    const { body } = await deliver();
    await dealers.close();
    dealers = await start();
    resource = `${dealers.origin}/dealers/aichi-toyota`;
    expect((await deliver()).body).toEqual(body);
  });

  test('are withdrawn, and the customer is forgotten', async () => {
    await deliver();
    const gone = await call('DELETE', 'customer-links/dl_1', await deliveryToken());
    expect([gone.status, gone.body['status']]).toEqual([200, 'withdrawn']);
    expect((await call('GET', 'service-history', await customerToken())).body['code']).toBe('link_withdrawn');
    expect(await (await fetch(dealers.origin)).text()).not.toContain('田中 太郎');
    expect((await call('DELETE', 'customer-links/dl_2', await deliveryToken())).status).toBe(404);
    expect((await deliver('key-3')).body['status']).toBe('active');
  });

  test('are accepted for a customer without a kana name', async () => {
    expect(
      (await deliver('key-1', { customer: { ...CUSTOMER, kana: '', phone_number: undefined, address: undefined } })).status,
    ).toBe(201);
  });

  test('need a key', async () => {
    const answer = await call('PUT', 'customer-links/dl_1', await deliveryToken(), await linkBody());
    expect([answer.status, answer.body['code']]).toEqual([400, 'idempotency_key_missing']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test.each([
    ['no JSON', '{', 400],
    ['no object', [], 400],
    ['no customer', { consent_receipt: 'x' }, 400],
    ['an address that is none', { customer: { ...CUSTOMER, email: 'x' }, consent_receipt: 'x' }, 400],
    ['a phone number that is none', { customer: { ...CUSTOMER, phone_number: '090' }, consent_receipt: 'x' }, 400],
    ['an impossible birth date', { customer: { ...CUSTOMER, birthdate: '1995-02-30' }, consent_receipt: 'x' }, 400],
    ['too much', { customer: CUSTOMER, consent_receipt: 'x'.repeat(70_000) }, 413],
  ])('are refused with %s', async (_what, body, status) => {
    const answer = await call('PUT', 'customer-links/dl_1', await deliveryToken(), body, { 'Idempotency-Key': 'k' });
    expect(answer.status).toBe(status);
    expect(answer.body['code']).toMatch(/^body_/);
  });

  test('are refused with a receipt for another consent', async () => {
    const receipts = [
      'x',
      await receipt({ sub: 'pairwise-2' }),
      await receipt({ link_id: 'dl_2' }),
      await receipt({ aud: `${dealers.origin}/dealers/tokyo-toyota` }),
      await receipt({ iss: 'https://elsewhere.example' }),
      await issuer.forge('consent-receipt+jwt', { aud: resource, sub: 'pairwise-1', link_id: 'dl_1' }),
      await issuer.sign('JWT', { aud: resource, sub: 'pairwise-1', link_id: 'dl_1' }),
    ];
    for (const consent_receipt of receipts) {
      const answer = await deliver('key-1', { consent_receipt });
      expect([answer.status, answer.body['code']]).toEqual([400, 'consent_receipt_invalid']);
    }
  });
});

describe('tokens', () => {
  test('are required, and must be from our issuer, for this dealer, of this kind, and current', async () => {
    const seconds = Math.floor(NOW / 1000);
    const claims = { aud: resource, sub: 'common-id', client_id: 'common-id', scope: 'customer_links:write' };
    const tokens: [string | undefined, string][] = [
      [undefined, 'Bearer realm='],
      ['garbage', 'invalid_token'],
      [await issuer.forge('at+jwt', claims), 'invalid_token'],
      [await issuer.sign('JWT', claims), 'invalid_token'],
      [await deliveryToken({ aud: `${dealers.origin}/dealers/tokyo-toyota` }), 'invalid_token'],
      [await deliveryToken({ iss: 'https://elsewhere.example' }), 'invalid_token'],
      [await deliveryToken({ exp: seconds - 60 }), 'invalid_token'],
      // Bound to a key, or in a way that is not known here (RFC 7800).
      [await deliveryToken({ cnf: { jkt: 'x' } }), 'invalid_token'],
      [await deliveryToken({ cnf: { 'x5t#S256': 'x' } }), 'invalid_token'],
      [await deliveryToken({ cnf: 1 } as never), 'invalid_token'],
      [
        `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`,
        'invalid_token',
      ],
    ];
    for (const [token, challenge] of tokens) {
      const answer = await call('PUT', 'customer-links/dl_1', token, await linkBody(), { 'Idempotency-Key': 'k' });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain(challenge);
    }
  });

  test('need the scope, and only the common ID may deliver', async () => {
    for (const claims of [{ scope: 'service_history' }, { client_id: 'gazoo' }]) {
      const token = await deliveryToken(claims);
      const answer = await call('PUT', 'customer-links/dl_1', token, await linkBody(), { 'Idempotency-Key': 'k' });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="customer_links:write"');
    }
  });

  test('of dealer A are refused at dealer B', async () => {
    await deliver();
    const token = await customerToken();
    const answer = await fetch(`${dealers.origin}/dealers/tokyo-toyota/service-history`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(401);
  });

  test('without the consent for this dealer get 403 with a sentence', async () => {
    await deliver();
    const details = [
      undefined,
      'x',
      [null],
      [{ type: 'dealer_link', dealer: 'tokyo-toyota', link_id: 'dl_1' }],
      [{ type: 'dealer_link', dealer: 'aichi-toyota' }],
    ];
    for (const authorization_details of details) {
      const answer = await call('GET', 'service-history', await customerToken({ authorization_details }));
      expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_authorization_details']);
      expect(answer.body['detail']).toContain('has not consented');
    }
  });

  test('get 503 while the issuer is away', async () => {
    const token = await deliveryToken();
    await dealers.close();
    await issuer.close();
    try {
      dealers = await start();
      const answer = await fetch(`${dealers.origin}/dealers/aichi-toyota/service-history`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    } finally {
      issuer = await startTestIssuer(() => NOW);
    }
  });
});

describe('services', () => {
  test('get “not linked yet” until the link arrives', async () => {
    const answer = await call('GET', 'service-history', await customerToken());
    expect([answer.status, answer.body['code']]).toEqual([409, 'not_linked_yet']);
  });

  test('read the service history and the next inspection', async () => {
    await deliver('key-1', { vehicles: [{ vin: VIN, model: 'プリウス' }, { vin: 'UNKNOWN-1' }] });
    const history = await call('GET', 'service-history', await customerToken());
    expect(history.body).toMatchObject({
      vehicles: [
        { vin: VIN, model: 'プリウス' },
        { vin: 'UNKNOWN-1', history: [] },
      ],
    });
    const dates = (history.body['vehicles'] as { history: { date: string }[] }[])[0]?.history.map(({ date }) => date) ?? [];
    expect(dates).toHaveLength(8);
    expect(dates).toEqual(dates.toSorted().reverse());
    const inspection = await call('GET', 'next-inspection', await customerToken());
    expect(inspection.body).toEqual({
      dealer: { code: 'aichi-toyota', name: { ja: '愛知トヨタ自動車株式会社', en: 'Aichi Toyota Motor Co., Ltd.' } },
      vehicles: [
        { vin: VIN, next_inspection: '2027-06-18' },
        { vin: 'UNKNOWN-1', next_inspection: null },
      ],
    });
  });

  test('book a visit once with one key', async () => {
    await deliver();
    const token = await customerToken();
    const wish = { vin: VIN, date: '2026-12-05', time: '11:00', menu: 'oil_change', note: '代車希望' };
    const [first, again] = await Promise.all([1, 2].map(() => call('POST', 'bookings', token, wish, { 'Idempotency-Key': 'b' })));
    expect(first?.status).toBe(201);
    expect(again?.body).toEqual(first?.body);
    const { body } = await call('GET', 'bookings', token);
    expect(body['bookings']).toEqual([
      { ...wish, booking_id: first?.body['booking_id'], booked_at: new Date(NOW).toISOString(), status: 'accepted' },
    ]);
    const other = await customerToken({
      authorization_details: [{ type: 'dealer_link', dealer: 'aichi-toyota', link_id: 'dl_9' }],
    });
    expect((await call('GET', 'bookings', other)).status).toBe(409);
  });

  test('R1 a visit with the shortest and with the longest vehicle number: both are booked', async () => {
    const wish = { date: '2026-12-05', time: '11:00', menu: 'oil_change' };
    const vins = ['AB1-2', '1234567890123456789012345'];
    await deliver('key-1', { vehicles: vins.map((vin) => ({ vin })) });
    for (const vin of vins) {
      const answer = await call('POST', 'bookings', await customerToken(), { ...wish, vin }, { 'Idempotency-Key': vin });
      expect([vin, answer.status]).toEqual([vin, 201]);
    }
  });

  test.each([
    [{ date: '2026-11-22' }, 'date'],
    [{ date: '2027-03-01' }, 'date'],
    [{ date: '2026-02-30' }, 'date'],
    [{ time: '03:00' }, 'time'],
    [{ vin: 'JTMW43FV20D500002' }, 'vin'],
    [{ menu: 'x' }, 'menu'],
  ])('refuse a booking with %j', async (changes, name) => {
    await deliver();
    const wish = { vin: VIN, date: '2026-12-05', time: '11:00', menu: 'oil_change', ...changes };
    const answer = await call('POST', 'bookings', await customerToken(), wish, { 'Idempotency-Key': 'b' });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body['errors'] as object)).toEqual([name]);
  });

  test('need their scope', async () => {
    await deliver();
    expect((await call('GET', 'bookings', await customerToken({ scope: 'service_history' }))).status).toBe(403);
    expect((await call('GET', 'service-history', await customerToken({ scope: 'booking' }))).status).toBe(403);
  });

  test('demand a strong and recent sign-in for contracts (RFC 9470, section 3)', async () => {
    await deliver();
    const seconds = NOW / 1000;
    const asked = async (claims: JWTPayload) =>
      call('GET', 'contracts', await customerToken({ scope: 'contracts', acr: 'phr', auth_time: seconds - 3600, ...claims }));
    const { status, body } = await asked({});
    expect([status, body]).toEqual([
      200,
      {
        vehicles: [
          {
            vin: VIN,
            contracts: [
              expect.objectContaining({ kind: 'quotation', date: '2026-11-07' }),
              expect.objectContaining({ number: 'M-25-01832' }),
              expect.objectContaining({ kind: 'order', amount_yen: 2_965_600 }),
            ],
          },
        ],
      },
    ]);
    expect((await asked({ acr: 'urn:common-id:acr:mfa' })).status).toBe(200);
    for (const [claims, sentence] of [
      [{ acr: 'urn:common-id:acr:password' }, 'A stronger sign-in is required'],
      [{ acr: undefined }, 'A stronger sign-in is required'],
      [{ acr: ['phr'] as never }, 'A stronger sign-in is required'],
      [{ auth_time: seconds - 3601 }, 'A more recent sign-in is required'],
      [{ auth_time: undefined }, 'A more recent sign-in is required'],
    ] as [JWTPayload, string][]) {
      const refused = await asked(claims);
      expect([refused.status, refused.body['code'], refused.headers.get('www-authenticate')]).toEqual([
        401,
        'insufficient_user_authentication',
        `Bearer realm="${resource}", error="insufficient_user_authentication", error_description="${sentence}", ` +
          'acr_values="urn:common-id:acr:mfa phr", max_age="3600"',
      ]);
    }
    expect((await asked({ scope: 'service_history' })).status).toBe(403);

    // A client with a bound token reads the demand under the scheme that it used (RFC 9449, section 7.1).
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const bound = await customerToken({ scope: 'contracts', cnf: { jkt: await calculateJwkThumbprint(jwk) } });
    const ath = createHash('sha256').update(bound).digest('base64url');
    const proof = new SignJWT({ jti: 'proof-1', htm: 'GET', htu: `${resource}/contracts`, ath }).setIssuedAt();
    const DPoP = await proof.setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(privateKey);
    const headers = { Authorization: `DPoP ${bound}`, DPoP };
    const told = await call('GET', 'contracts', undefined, undefined, headers);
    expect(told.headers.get('www-authenticate')).toMatch(/^DPoP .*error="insufficient_user_authentication".*acr_values=/);
  });

  test('get problem details for unknown dealers and paths', async () => {
    for (const path of ['/dealers/nowhere/service-history', '/dealers/aichi-toyota/x', '/dealers/a%2Fb/x']) {
      const answer = await fetch(dealers.origin + path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
  });
});

describe('the staff page', () => {
  async function post(path: string, fields: Record<string, string>): Promise<Response> {
    const home = await fetch(dealers.origin);
    const csrf_token = /name="csrf_token" value="([^"]+)"/.exec(await home.text())?.[1] ?? '';
    return fetch(dealers.origin + path, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        Cookie: home.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0])
          .join('; '),
      },
      body: new URLSearchParams({ csrf_token, ...fields }),
    });
  }

  test('makes a dealer fail, and repairs it', async () => {
    await deliver();
    const token = await customerToken();
    expect((await post('/faults', { dealer: 'aichi-toyota', fault: 'down' })).status).toBe(303);
    expect((await call('GET', 'service-history', token)).status).toBe(503);
    await post('/faults', { dealer: 'aichi-toyota', fault: 'garbage' });
    await expect(call('GET', 'service-history', token)).rejects.toThrow(/JSON/);
    await post('/faults', { dealer: 'aichi-toyota', fault: 'reset' });
    await expect(call('GET', 'service-history', token)).rejects.toThrow(/fetch failed/);
    await post('/faults', { dealer: 'aichi-toyota', fault: 'slow' });
    await expect(fetch(`${resource}/service-history`, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/);
    await post('/faults', { dealer: 'aichi-toyota', fault: 'none' });
    expect((await call('GET', 'service-history', token)).status).toBe(200);
  });

  test('withdraws a link', async () => {
    await deliver();
    expect((await post('/withdrawals', { dealer: 'aichi-toyota', link_id: 'dl_1' })).status).toBe(303);
    expect((await call('GET', 'service-history', await customerToken())).status).toBe(403);
  });

  test('refuses forged and invalid posts', async () => {
    expect((await post('/faults', { csrf_token: 'x', dealer: 'aichi-toyota', fault: 'down' })).status).toBe(403);
    expect((await post('/faults', { dealer: 'nowhere', fault: 'down' })).status).toBe(400);
    expect((await post('/faults', { dealer: 'aichi-toyota', fault: 'x' })).status).toBe(400);
  });

  test('does not exist without demo data', async () => {
    await dealers.close();
    dealers = await start(false);
    expect((await fetch(dealers.origin)).status).toBe(404);
    expect((await fetch(`${dealers.origin}/faults`, { method: 'POST' })).status).toBe(404);
  });
});
