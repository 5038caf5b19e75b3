// Personal data and secrets in the log, the metrics and on standard error: every flow is walked with values that cannot be mistaken.
import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { LEDGER_EVENTS } from '../../src/domain/ledger-events.ts';
import { entryOf, EVENT_TYPES } from '../../src/telemetry/events.ts';
import { sendRaw, type Browser } from '../support/http-browser.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';
import { createHttpDriver } from '../journeys/http-driver.ts';
import { createTraveller, NEW_PASSWORD, WORDS } from '../journeys/traveller.ts';
import { startWorld as startSite } from '../support/world.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { collectCanaries, type Canaries } from './support/canaries.ts';
import { basic, begin, makePkce, push, redeem, requestParams, returned, signIn, token } from './support/client.ts';
import { handOver } from './support/hand-over.ts';
import { goOnTo } from './support/legacy-user.ts';
import { beginMigration, detailsOf, goOn, redeemAtSite, settle } from './support/migration.ts';
import { askFor, e164, openNumberPage, smsCode } from './support/mobile-number.ts';
import { addPasskey, presentPasskey } from './support/passkeys.ts';
import { codeFor, PROFILE } from './support/registration.ts';
import { turnOn } from './support/second-factor.ts';

jest.setTimeout(120_000);

const FULL = Boolean(process.env.FULL_FIGURES);
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const PERSON = {
  email: 'canary.kanaria@example.jp',
  password: 'Uguisu-4711-Mejiro',
  profile: {
    ...PROFILE,
    family_name: '金糸雀',
    given_name: '黄鶲',
    family_name_kana: 'カナリア',
    given_name_kana: 'キビタキ',
    phone_number: '090-9876-0123',
    postal_code: '9071801',
    region: '沖縄県',
    locality: '八重山郡与那国町',
    street_address: 'canary street 987-6',
    building: 'canary heights 654',
    birthdate_year: '1957',
    birthdate_month: '12',
    birthdate_day: '29',
    password: 'Uguisu-4711-Mejiro',
  },
  legacyId: 'canary-legacy-id-81',
  customerNumber: 'CANARY-CUSTOMER-77',
  vin: 'CNRY00-0004711',
};

let world: World;
let canaries: Canaries;
let ahead = 0;
beforeAll(async () => {
  canaries = collectCanaries();
  world = await startWorld({
    env: { ACCESS_LOG: 'true' },
    clients: {
      car: {
        client_name: 'Car',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: [DEVICE_GRANT, 'refresh_token'],
        scope: 'openid offline_access',
        common_id: { first_party: true, contact: 'tests' },
      },
      ending: {
        client_name: 'Ending',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: ['http://127.0.0.1:9/callback'],
        scope: 'openid',
        common_id: { contact: 'tests' },
      },
    },
  });
  const { phone_number: phone } = PERSON.profile;
  canaries.add(PERSON.email, PERSON.legacyId, PERSON.customerNumber, PERSON.vin, e164(phone), phone.replaceAll('-', ''));
  canaries.add('1957-12-29', '1957年12月29日', '907-1801', world.env.ATTACK_WEB_SECRET ?? '');
});
afterAll(async () => {
  canaries.stop();
  await world?.close();
});

const now = (): number => Date.now() + ahead;
async function advance(milliseconds: number): Promise<void> {
  await world.advance(milliseconds);
  ahead += milliseconds;
}

/** Everything that the apps wrote, and the metrics. */
async function written(): Promise<string> {
  // Lines of events wait a moment. They are in order, so when this request has its line, all others have theirs.
  const { headers } = await sendRaw(`${world.issuer}/health/live`);
  const isTold = (): boolean => world.nodes.some((node) => node.output().includes(String(headers['x-request-id'])));
  await untilTrue('the last request is in the log', isTold);
  const metrics = await sendRaw(`${world.admin}/metrics`);
  return [...world.nodes.map((node) => node.output()), metrics.text].join('\n');
}

const eventsIn = (text: string): Set<string> => new Set([...text.matchAll(/"event":"([^"]+)"/g)].map(([, event = '']) => event));

/** Waits for the mail with a code that an action causes. Other mails may come as well. */
async function codeOf(to: string, action: () => Promise<unknown>): Promise<string> {
  const before = (await world.mails(to))[0]?.id ?? 0;
  await action();
  return untilFound(`a code for ${to}`, async () => {
    const codes = (await world.mails(to)).filter(({ id }) => id > before).map(({ subject }) => /\d{6}/.exec(subject)?.[0]);
    return codes.find((found) => found !== undefined);
  });
}

const untilTold = async (event: string): Promise<void> =>
  untilTrue(`the log tells of ${event}`, async () => eventsIn(await written()).has(event));

/** A legacy user comes to a new ID and a dealer, with a wrong code and a wrong password on the way. */
async function migrate(browser: Browser): Promise<void> {
  const { email, password, profile, legacyId, customerNumber, vin } = PERSON;
  const { family_name, given_name } = profile;
  const claims = {
    sub: legacyId,
    email,
    family_name,
    given_name,
    phone_number: profile.phone_number,
    birthdate: 'canary, no date',
    dealer: { code: 'aichi-toyota', customer_number: customerNumber },
    vehicles: [{ vin }],
  };
  const details = { authorization_details: detailsOf('aichi-toyota') };
  const { pkce } = await beginMigration(world, claims, { ...details, prompt: 'create' }, browser);
  await goOnTo(world, browser, 'code', { email });
  await browser.submit('/create/code', { code: '000000' });
  await browser.submit('/create/code', { code: await codeFor(world, email) });
  await browser.submit('/create/profile', { ...profile, postal_code: 'canary, no code' });
  await browser.submit('/create/profile', profile);
  await browser.submit('/create/confirm');
  await browser.submit('/complete');
  await browser.submit('/dealer-link', { decision: 'link' });
  await browser.submit('/login', { login_id: email, password: 'Wrong-canary-11' });
  await signIn(browser, email, password);
  const tokens = await redeemAtSite(world, await goOn(browser), pkce);
  await world.request('/me', { headers: { Authorization: `Bearer ${String(tokens.access_token)}` } });
  await settle(world);
}

/** Requests that are refused, with a canary in every place. */
async function beRefused(): Promise<void> {
  const canary = (place: string): string => `canary-in-${place}-5f3a91`;
  const wrong = { headers: basic('attack-web', canary('secret')) };
  await token(
    world,
    { grant_type: 'authorization_code', code: canary('code'), redirect_uri: 'http://127.0.0.1:9/callback' },
    wrong,
  );
  for (const grant_type of ['authorization_code', 'refresh_token', canary('grant'), DEVICE_GRANT]) {
    const secrets = { code: canary('code'), refresh_token: canary('refresh'), device_code: canary('device') };
    await token(world, { grant_type, ...secrets, code_verifier: canary('verifier').repeat(3) }, { headers: basic('attack-web') });
  }
  const params = requestParams('attack-web', makePkce(), {
    login_hint: canary('login-hint'),
    id_token_hint: canary('id-token-hint'),
    state: canary('state'),
    nonce: canary('nonce'),
    claims: canary('claims'),
  });
  await world.request(`/auth?${new URLSearchParams(params).toString()}`);
  await world.request(`/auth?${new URLSearchParams({ ...params, claims: '', prompt: 'none', id_token_hint: '' }).toString()}`);
  await push(world, requestParams('attack-site', makePkce(), { legacy_profile: canary('legacy-profile') }));
  await push(world, requestParams('attack-site', makePkce(), { legacy_profile: await handOver(world, { sub: 'x', email: 7 }) }));
  for (const path of ['/token/introspection', '/token/revocation'])
    await world.request(path, {
      method: 'POST',
      body: new URLSearchParams({ token: canary('token') }),
      headers: basic('attack-web'),
    });
  await world.request('/me', { headers: { Authorization: `Bearer ${canary('bearer')}` } });
  const operations = { Authorization: `Bearer ${canary('operations')}`, 'Idempotency-Key': canary('key') };
  await world.request(`/operations/v1/accounts/${canary('account')}/disable`, { method: 'POST', headers: operations });
  await world.request(`/session/end?id_token_hint=${canary('hint')}&state=${canary('end-state')}`);
  for (const path of [`/${canary('path')}`, `/interaction/${canary('uid')}/login`, `/account/email/undo?token=${canary('undo')}`])
    await world.request(path);
  canaries.add(
    canary('operations'),
    canary('key'),
    canary('account'),
    canary('path'),
    canary('uid'),
    canary('type'),
    canary('charset'),
    canary('encoding'),
    canary('json'),
    canary('field'),
    canary('cookie'),
  );
  const login = await begin(world, 'attack-web');
  const { action, fields } = login.browser.form('/login');
  const headers = { 'Content-Type': `text/${canary('type')}`, Cookie: `_session=${canary('cookie')}` };
  await login.browser.send(action, { method: 'POST', body: canary('json'), headers });
  const form = 'application/x-www-form-urlencoded';
  for (const more of [
    { 'Content-Type': `${form}; charset=${canary('charset')}` },
    { 'Content-Type': form, 'Content-Encoding': canary('encoding') },
  ])
    for (const url of [action, `${world.issuer}/token`, `${world.issuer}/request`])
      await sendRaw(url, { method: 'POST', body: 'a=b', headers: more });
  const body = new URLSearchParams({ ...fields, [`${canary('field')}[$ne]`]: canary('nested') });
  await login.browser.send(action, { method: 'POST', body });
  const forged = new URLSearchParams({ ...fields, csrf_token: canary('csrf'), login_id: canary('login') });
  await login.browser.send(action, { method: 'POST', body: forged });
}

/** Everything that a person does with an ID. */
async function live(browser: Browser): Promise<void> {
  const { email, password, profile } = PERSON;
  const account = `${world.issuer}/account`;
  await openNumberPage(world, email, { browser, password });
  await askFor(browser, profile.phone_number);
  await browser.submit('/code', { code: await smsCode(world, profile.phone_number) });
  await browser.open(`${account}/passkeys`);
  const passkey = await addPasskey(world.issuer, browser);
  const { app, codes } = await turnOn(world.issuer, browser, now);
  canaries.add(app.secret, app.secret.replaceAll(' ', ''), ...codes);
  await browser.open(`${account}/email`);
  await browser.submit('/account/email', { email: 'canary.second@example.jp', current_password: password });
  await browser.submit('/account/email/code', { code: await codeFor(world, 'canary.second@example.jp') });

  // The second factor, wrong and right; then with a passkey.
  await advance(60_000);
  const other = await begin(world, 'attack-web', { scope: 'openid offline_access' });
  await signIn(other.browser, 'canary.second@example.jp', password);
  await other.browser.submit('/second-factor', { code: '000000' });
  const answer = await other.browser.submit('/second-factor', { code: app.code(now()) }, 'http://127.0.0.1:9');
  const redeemed = await redeem(world, returned(answer).get('code') ?? '', other.pkce);
  const { refresh_token: refresh } = redeemed.body;
  await token(world, { grant_type: 'refresh_token', refresh_token: String(refresh) }, { headers: basic('attack-web') });
  const third = await begin(world, 'attack-web');
  await presentPasskey(third.browser, passkey, 'http://127.0.0.1:9');

  // A forgotten password, and a lost mailbox.
  const forgotten = world.browser();
  await forgotten.open(`${world.issuer}/password/forgotten`);
  const code = await codeOf('canary.second@example.jp', async () =>
    forgotten.submit('/password/forgotten', { email: 'canary.second@example.jp' }),
  );
  const { birthdate_year, birthdate_month, birthdate_day } = profile;
  const born = { birthdate_year, birthdate_month, birthdate_day };
  await forgotten.submit('/forgotten/code', { code, ...born });
  await forgotten.submit('/forgotten/new', { password: 'Uguisu-4712-Mejiro' });
  const lost = world.browser();
  await lost.open(`${world.issuer}/lost-mailbox`);
  const known = { family_name: profile.family_name, given_name: profile.given_name, phone_number: '', ...born };
  await lost.submit('/lost-mailbox', { ...known, email: 'canary.second@example.jp', new_email: 'canary.third@example.jp' });
  await lost.submit('/lost-mailbox/code', { code: await codeFor(world, 'canary.third@example.jp') });

  // An address that has an ID already, and one with too many wrong passwords.
  const taken = await begin(world, 'attack-web', { prompt: 'create' });
  await goOnTo(world, taken.browser, 'code', { email: 'canary.second@example.jp' });
  const guessing = await begin(world, 'attack-web');
  for (let n = 0; n < 12 && guessing.browser.page.status !== 429; n += 1)
    await guessing.browser.submit('/login', { login_id: 'canary.nobody@example.jp', password: `Guess-canary-${n}` });

  // A device.
  const asked = await world.request('/device/auth', {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'car', scope: 'openid' }),
  });
  const device = JSON.parse(asked.text) as { user_code: string; device_code: string };
  const car = world.browser();
  await car.open(`${world.issuer}/device`);
  await car.submit('/device', { user_code: 'BBBB-BBBB' });
  await car.submit('/device', { user_code: device.user_code });
  await signIn(car);
  await car.submit('/consent', { decision: 'allow' });
  await token(world, { grant_type: DEVICE_GRANT, device_code: device.device_code, client_id: 'car' });

  // The end.
  const ending = world.browser();
  await ending.open(`${account}/withdrawal`);
  await signIn(ending, 'canary.second@example.jp', 'Uguisu-4712-Mejiro');
  await ending.submit('/second-factor', { code: app.code(now() + 30_000) });
  await ending.submit('/account/withdrawal');
  await advance(15 * 24 * 60 * 60 * 1000);
  await untilTold('account.erased');
}

/** The files change: a client app is removed, and the keys are touched. */
async function changeFiles(): Promise<void> {
  await rm(join(world.directory, 'config/clients/ending.json'));
  await untilTold('clients.ended');
  const keys = join(world.directory, 'data/keys');
  for (const name of await readdir(keys)) await utimes(join(keys, name), 1, 1);
  await untilTold('keys.loads');
}

/** The events that show that a walk was whole. */
const SHORT_WALK =
  `registration.step code.sent code.checked account.created login.failed account.signed_in mail dealer_link.accepted
  migration.completed token.issued client.refused page.refused request.answered operations.called`.split(/\s+/);
const WHOLE_WALK = [
  ...`login_number_on passkey_used second_factor_used email_changed password_reset lost_mailbox_asked withdrawn erased`
    .split(' ')
    .map((name) => `account.${name}`),
  // Some are only counted; no job fails here (test/jobs/runner.test.ts), and no wave is sent (test/attacks/campaign-mails.test.ts).
  ...EVENT_TYPES.filter((type) => entryOf(type).without !== 'line' && type !== 'job.failed' && !type.startsWith('campaign.')),
];

test('S189 every flow with values that cannot be mistaken: none of them is in the log, the metrics or on standard error', async () => {
  const browser = world.browser();
  await migrate(browser);
  await beRefused();
  if (FULL) {
    await live(browser);
    await changeFiles();
  }
  const text = await written();
  expect(canaries.count()).toBeGreaterThan(FULL ? 250 : 100);
  expect(canaries.foundIn(text)).toEqual([]);
  const told = eventsIn(text);
  const expected = FULL ? [...SHORT_WALK, ...WHOLE_WALK] : SHORT_WALK;
  expect(expected.filter((event) => !told.has(event))).toEqual([]);
  const known = new Set<string>([...Object.keys(LEDGER_EVENTS), ...EVENT_TYPES]);
  expect([...told].filter((event) => !known.has(event))).toEqual([]);
});

(FULL ? test : test.skip)('S189 the apps in front of the ID, with their logs at their loudest: the same', async () => {
  const site = await startSite({ env: { LOG_LEVEL: 'debug', ACCESS_LOG: 'true' } });
  try {
    const tanaka = createTraveller(createHttpDriver(), site);
    await tanaka.signInAtOwnersSite('tanaka');
    await tanaka.begin('newId');
    await tanaka.register('canary.tanaka@example.jp');
    await tanaka.press(WORDS.link);
    await tanaka.signIn(undefined, NEW_PASSWORD);
    await tanaka.confirmRequired();
    await tanaka.arrives();
    await tanaka.open(`${site.origins.notebook}/login`);
    await tanaka.open(`${site.origins.ownersSite}/forgotten-password`);
    const log = site.log();
    expect(eventsIn(log)).toContain('migration.completed');
    expect(canaries.foundIn(log)).toEqual([]);
  } finally {
    await site.stop();
  }
});
