// The files of client apps change while the common ID runs: what takes effect, what does not, and that nobody else notices.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ClientSecretBasic } from 'openid-client';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { createRelyingParty } from '../journeys/relying-party.ts';
import { DEMO_PASSWORD } from '../journeys/traveller.ts';
import { freePorts } from '../support/free-ports.ts';
import { createBrowser, textOf } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { untilTrue } from '../support/until-true.ts';

const SECRET = 'steady-secret-0123456789abcdef-0123456789';
const OTHER = 'another-secret-0123456789abcdef-012345678';
const HOUR = 60 * 60 * 1000;

const service = {
  client_name: 'Service',
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { hash: `sha256:${digestOf(SECRET)}` },
  common_id: { contact: 'tests' },
};

let world: World;
const write = (id: string, file: object | string): void => {
  const text = typeof file === 'string' ? file : JSON.stringify({ client_id: id, ...file });
  writeFileSync(join(world.project, 'config/clients', `${id}.json`), text);
};

async function post(path: string, clientId: string, body: Record<string, string>, secret = SECRET): Promise<Response> {
  return fetch(`${world.origins.id}${path}`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(body),
  });
}
const tokenOf = async (clientId: string, secret?: string): Promise<Response> =>
  post('/token', clientId, { grant_type: 'client_credentials' }, secret);
/** A client is told about its own tokens alone. */
async function isActive(clientId: string, token: string): Promise<boolean> {
  const answer = await post('/token/introspection', clientId, { token });
  return ((await answer.json()) as { active: boolean }).active;
}

type Ready = { status: string; configuration: { version: string; rejected?: { mistakes: number } } };
const ready = async (): Promise<Ready> =>
  ((await (await fetch(`${world.admin}/health/ready`)).json()) as { processes: Ready[] }).processes[0]!;
const metrics = async (): Promise<string> => (await fetch(`${world.admin}/metrics`)).text();

const until = async (what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> =>
  untilTrue(what, isTrue, { tell: () => world.log() });

/** Changes files and waits until the change was taken up, or refused. */
async function change(make: () => void, refused = false): Promise<Ready> {
  const { version, rejected } = (await ready()).configuration;
  make();
  let now = await ready();
  await until(refused ? 'the change is refused' : 'the change is taken up', async () => {
    now = await ready();
    return refused ? now.configuration.rejected !== undefined && !rejected : now.configuration.version !== version;
  });
  return now;
}

/** A client app that people visit: where they come back to, and what it is told. */
let site: Server;
let siteOrigin = '';
const logoutTokens: string[] = [];
const visited = (): object => ({
  ...service,
  client_name: 'Visited shop',
  client_uri: siteOrigin,
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [`${siteOrigin}/callback`],
  backchannel_logout_uri: `${siteOrigin}/told`,
  backchannel_logout_session_required: true,
  scope: 'openid offline_access',
  common_id: { contact: 'tests', first_party: true },
});

beforeAll(async () => {
  site = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.url === '/told') logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.end();
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteOrigin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  world = await startWorld({ apps: ['id'], clients: { steady: service, changing: service, visited: visited() } });
}, 60_000);
afterAll(async () => {
  await world.stop();
  site.close();
});

describe('files that change under load', () => {
  const failures: string[] = [];
  let answered = 0;
  let loading = true;
  let load: Promise<unknown>;

  beforeAll(() => {
    const visit = async (): Promise<void> => {
      while (loading) {
        const answers = await Promise.all([
          tokenOf('steady'),
          fetch(`${world.origins.id}/jwks`),
          fetch(`${world.origins.id}/terms`),
        ]);
        answered += answers.length;
        failures.push(...answers.filter(({ status }) => status !== 200).map(({ url, status }) => `${url} ${status}`));
        await Promise.all(answers.map((answer) => answer.arrayBuffer()));
      }
    };
    load = Promise.all(Array.from({ length: 4 }, async () => visit().catch((error: unknown) => failures.push(String(error)))));
  });

  test('a new file is a new client app', async () => {
    expect((await tokenOf('newcomer')).status).toBe(401);
    await change(() => write('newcomer', service));
    expect(await (await tokenOf('newcomer')).json()).toMatchObject({ expires_in: 900 });
    await change(() => write('newcomer', { ...service, common_id: { contact: 'us', access_tokens: { lifetime_seconds: 120 } } }));
    expect(await (await tokenOf('newcomer')).json()).toMatchObject({ expires_in: 120 });
  });

  test('a bad set changes nothing, and the log, a metric and readiness say so', async () => {
    const refused = await change(() => {
      write('newcomer', { ...service, token_endpoint_auth_method: 'tls_client_auth' });
      write('changing', '{');
    }, true);
    expect(refused).toMatchObject({ status: 'ready', configuration: { rejected: { mistakes: 2 } } });
    expect((await tokenOf('newcomer')).status).toBe(200);
    expect((await tokenOf('changing')).status).toBe(200);
    expect(await metrics()).toMatch(/^common_id_config_last_reload_successful 0$/m);
    expect(await metrics()).toMatch(/^common_id_config_reloads_total\{result="rejected"\} 1$/m);
    expect(world.log()).toContain(
      "newcomer.json: token_endpoint_auth_method: expected one of private_key_jwt, client_secret_basic, client_secret_post, none, found 'tls_client_auth'",
    );
    expect(world.log()).toContain('changing.json: line 1, column 2: expected property name');
  });

  test('a good set is in force again', async () => {
    await change(() => {
      write('newcomer', service);
      write('changing', { ...service, client_name: 'Changed' });
    });
    expect((await ready()).configuration).not.toHaveProperty('rejected');
    expect(await metrics()).toMatch(/^common_id_config_last_reload_successful 1$/m);
  });

  test('disabled, a client app and what it was given are over; enabled again, only the client app comes back', async () => {
    const { access_token: token } = (await (await tokenOf('changing')).json()) as { access_token: string };
    const { access_token: untouched } = (await (await tokenOf('newcomer')).json()) as { access_token: string };
    expect(await isActive('changing', token)).toBe(true);
    await change(() => write('changing', { ...service, common_id: { contact: 'tests', enabled: false } }));
    expect((await tokenOf('changing')).status).toBe(401);
    await change(() => write('changing', service));
    expect(await isActive('changing', token)).toBe(false);
    await world.advance(1000);
    const { access_token: fresh } = (await (await tokenOf('changing')).json()) as { access_token: string };
    expect(await isActive('changing', fresh)).toBe(true);
    expect(await isActive('newcomer', untouched)).toBe(true);
  });

  test('removed, a client app is unknown', async () => {
    await change(() => unlinkSync(join(world.project, 'config/clients/newcomer.json')));
    expect((await tokenOf('newcomer')).status).toBe(401);
  });

  test('nobody else noticed anything', async () => {
    loading = false;
    await load;
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });
});

describe('people', () => {
  test('the policy is another one from the next page on', async () => {
    const browser = createBrowser();
    await browser.open(`${world.origins.id}/password/forgotten`);
    await browser.submit('/password/forgotten', { email: 'sato@example.jp' });
    expect(textOf(browser.page.text)).toMatch(/番号は、あと[1-6]?\d秒で再送できます。/);
    const file = join(world.project, 'config/policy.json');
    await change(() =>
      writeFileSync(file, readFileSync(file, 'utf8').replace('"resend_after_seconds": 60', '"resend_after_seconds": 3600')),
    );
    await browser.open(browser.page.url);
    expect(textOf(browser.page.text)).toMatch(/番号は、あと3[45]\d\d秒で再送できます。|番号は、あと3600秒/);
  });

  test('disabled, a client app is told that its visitors have logged out, and what it holds is worth nothing', async () => {
    const shop = await createRelyingParty(world, 'visited', `${siteOrigin}/callback`, ClientSecretBasic(SECRET));
    const browser = createBrowser();
    const attempt = await shop.request({ scope: 'openid offline_access' });
    await browser.open(attempt.url.href);
    await browser.submit('/login', { login_id: 'sato@example.jp', password: DEMO_PASSWORD }, siteOrigin);
    const tokens = await shop.redeem(browser.page.location ?? browser.page.url, attempt);
    const userInfo = async (): Promise<number> =>
      (await fetch(`${world.origins.id}/me`, { headers: { Authorization: `Bearer ${tokens.access_token}` } })).status;
    const home = async (): Promise<string> => (await fetch(world.origins.id)).text();
    expect([await userInfo(), await home()]).toEqual([200, expect.stringContaining('Visited shop')]);

    await change(() => write('visited', { ...visited(), common_id: { contact: 'tests', enabled: false } }));
    await until('the client is told', () => logoutTokens.length > 0);
    expect(logoutTokens.map((token) => decodeJwt(token))).toEqual([
      expect.objectContaining({
        iss: world.origins.id,
        aud: 'visited',
        sub: tokens.claims()?.sub,
        sid: tokens.claims()?.sid,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      }),
    ]);
    expect([await userInfo(), await home()]).toEqual([401, expect.not.stringContaining('Visited shop')]);
    await change(() => write('visited', visited()));
    const refreshed = await post('/token', 'visited', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    });
    expect(await refreshed.json()).toMatchObject({ error: 'invalid_grant' });
    expect(await userInfo()).toBe(401);
  });
});

describe('secrets', () => {
  const at = (ahead: number): string => new Date(Date.now() + ahead).toISOString();

  test('both count while one is changed for the other, each in its time only', async () => {
    expect((await tokenOf('changing', OTHER)).status).toBe(401);
    await change(() =>
      write('changing', {
        ...service,
        client_secret: [
          { hash: `sha256:${digestOf(SECRET)}`, not_after: at(2 * HOUR) },
          { hash: `sha256:${digestOf(OTHER)}`, not_before: at(HOUR) },
        ],
      }),
    );
    const statuses = async (): Promise<number[]> => [
      (await tokenOf('changing', SECRET)).status,
      (await tokenOf('changing', OTHER)).status,
    ];
    expect(await statuses()).toEqual([200, 401]);
    await world.advance(HOUR + 60_000);
    expect(await statuses()).toEqual([200, 200]);
    await world.advance(HOUR);
    expect(await statuses()).toEqual([401, 200]);
  });

  test('one that stands in a file of its own is taken up when that file changes', async () => {
    const file = join(world.project, 'changing-secret');
    writeFileSync(file, SECRET);
    await change(() => write('changing', { ...service, client_secret: { $file: 'changing-secret' } }));
    expect((await tokenOf('changing')).status).toBe(200);
    await change(() => writeFileSync(file, OTHER));
    expect([(await tokenOf('changing', SECRET)).status, (await tokenOf('changing', OTHER)).status]).toEqual([401, 200]);
  });
});

test('SIGHUP takes the files up too; a fault that nobody caught is written down and ends the process in order', async () => {
  const data = mkdtempSync(join(tmpdir(), 'common-id-sighup-'));
  const [port] = await freePorts(1);
  const faulty = 'process.on("SIGUSR2", () => { throw new Error("the fault of the test"); })';
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${faulty}`, main, 'id'], {
    env: {
      PATH: process.env.PATH,
      ISSUER: `http://localhost:${port}`,
      DATA_DIRECTORY: data,
      PASSWORD_HASH_COST: '4',
      DEMO_DATA: 'false',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const ended = closed.then(() => Promise.reject(new Error('the process ended')));
  ended.catch(() => undefined);
  let written = '';
  const untilWritten = async (text: string): Promise<void> => {
    await Promise.race([
      untilTrue(`the output contains "${text}"`, () => written.includes(text), { tell: () => written }),
      ended,
    ]);
  };
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  await untilWritten(`http://localhost:${port}`);
  child.kill('SIGHUP');
  await untilWritten('config.reloads');
  // Those that were made at this start are nobody's change.
  expect(written).not.toContain('keys.loads');
  child.kill('SIGUSR2');
  await closed;
  expect(written).toContain('uncaught error; this process ends');
  expect([child.exitCode, child.signalCode, written.includes('the fault of the test')]).toEqual([1, null, true]);
  rmSync(data, { recursive: true });
}, 60_000);
