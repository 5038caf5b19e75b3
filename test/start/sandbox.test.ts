// A sandbox: a shared test installation for developers of client apps.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AppName } from '../../src/config/config.ts';
import { inspectConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import { createMailRenderer } from '../../src/mail/render-mail.ts';
import { checkSandboxDatabase } from '../../src/start/sandbox-mark.ts';
import { authorizationUrl, makePkce, requestParams, returned } from '../attacks/support/client.ts';
import { makeProductionExample } from '../config/production-example.ts';
import { temporaryProjects } from '../config/temporary-project.ts';
import { runAdmin } from '../scripts/run-admin.ts';
import { createBrowser, sendRaw, textOf } from '../support/http-browser.ts';
import { startIdInProcess, type IdInProcess } from '../support/id-in-process.ts';

const CALLBACK = 'http://localhost:9/callback';
const SHOP = {
  client_name: 'My shop',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'ATTACK_WEB_SECRET' },
  redirect_uris: [CALLBACK],
  post_logout_redirect_uris: ['http://localhost:9/bye'],
  scope: 'openid profile',
  common_id: {
    contact: 'tests',
    first_party: true,
    required_claims: [{ claim: 'birthdate', reason: { ja: '確認', en: 'Check' } }],
  },
};
const BANNER = { ja: 'これはテスト環境です', en: 'This is a test system' };

const { make, clean } = temporaryProjects();
let production: Awaited<ReturnType<typeof makeProductionExample>>;
let sandbox: IdInProcess;
beforeAll(async () => {
  production = await makeProductionExample();
  sandbox = await startIdInProcess({
    clients: { 'my-shop': SHOP },
    env: { SANDBOX: 'true', DEMO_DATA: 'false' },
    nodes: [(config) => ({ ...config, mode: 'production' })],
  });
}, 60_000);
afterAll(async () => {
  production.clean();
  clean();
  await sandbox?.close();
});

function told(env: Record<string, string | undefined>, apps: AppName[] = ['id'], files: Record<string, object> = {}): string[] {
  const project = make();
  for (const [name, file] of Object.entries(files)) project.write(`config/clients/${name}.json`, JSON.stringify(file));
  const { problems } = inspectConfig({ env, directory: project.directory, apps });
  return problems.filter(({ severity }) => severity === 'error').map(formatProblem);
}

test('with the settings of production, client apps on the machines of developers are allowed', () => {
  const env: Record<string, string | undefined> = { ...production.env, SMTP_URL: undefined };
  const web = { ...SHOP, client_id: 'local', client_secret: { hash: `sha256:${'A'.repeat(43)}` } };
  const browser = {
    ...web,
    client_secret: undefined,
    client_id: 'page',
    token_endpoint_auth_method: 'none',
    common_id: { contact: 'tests', web_origins: ['http://localhost:9'] },
  };
  const files = { local: web, page: browser };
  expect(told({ ...env, SANDBOX: 'true' }, ['id'], files)).toEqual([]);
  expect(told(production.env, ['id'], files).filter((sentence) => /redirect_uris|web_origins/.test(sentence))).toHaveLength(5);
  // The common ID itself requests nothing from its own machine.
  const inside = { ...web, backchannel_logout_uri: 'http://localhost:9/logout' };
  expect(told({ ...env, SANDBOX: 'true' }, ['id'], { local: inside })).toEqual([
    expect.stringContaining('local.json: backchannel_logout_uri: expected an https URL'),
    expect.stringContaining('local.json: backchannel_logout_uri: expected an address on the Internet'),
  ]);
});

test('the mailbox runs beside it, and in no other production', () => {
  const env: Record<string, string | undefined> = { ...production.env, MAILBOX_URL: 'https://mailbox.example.jp' };
  expect(told({ ...env, SANDBOX: 'true' }, ['mailbox'])).toEqual([]);
  expect(told({ ...env, SANDBOX: 'true', MAILBOX_URL: undefined }, ['mailbox'])).toEqual([
    'environment: MAILBOX_URL: expected the URL of the mailbox’s page, found nothing',
  ]);
  expect(told(env, ['mailbox'])).toEqual([
    expect.stringContaining('command line: expected the name of one app in production'),
    expect.stringContaining('MAILBOX_URL: expected nothing'),
  ]);
  const { config } = inspectConfig({
    env: { ...env, SANDBOX: 'true', HOST: '0.0.0.0' },
    directory: make().directory,
    apps: ['mailbox'],
  });
  expect(config?.().mailbox.smtpHost).toBe('127.0.0.1');
});

test('every page says that it is a test system, in both languages; so do mails', async () => {
  for (const language of ['ja', 'en'] as const) {
    for (const path of [
      '/',
      '/nowhere',
      '/terms',
      authorizationUrl('', requestParams('my-shop', makePkce(), { scope: 'openid', redirect_uri: CALLBACK })),
    ]) {
      const page = await createBrowser({ language }).open(`${sandbox.issuer}${path}`);
      expect([path, textOf(page.text)]).toEqual([path, expect.stringContaining(BANNER[language])]);
    }
    const mail = { template: 'password-changed', values: { time: 'x', url: 'x' }, language } as never;
    const [marked, plain] = [createMailRenderer({ isSandbox: true })(mail), createMailRenderer()(mail)];
    const sentence = language === 'ja' ? 'テスト環境からのメール' : 'This email comes from a test system';
    expect([marked.text, marked.html, plain.text, plain.html].map((text) => text.includes(sentence))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  }
});

test('refusals are explained, and the start page links the documents', async () => {
  const url = authorizationUrl(
    sandbox.issuer,
    requestParams('my-shop', makePkce(), { scope: 'openid', redirect_uri: `${CALLBACK}s` }),
  );
  const refused = await createBrowser().open(url);
  expect(textOf(refused.text)).toContain(`nearest: '${CALLBACK}'`);
  const home = await createBrowser().open(`${sandbox.issuer}/`);
  const links = [...home.text.matchAll(/href="(\/(?:docs|\.well-known)\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(3);
  for (const path of [...links, '/docs/smallest-client.mjs', '/docs/clients/en/recipes.md']) {
    const answer = await sendRaw(`${sandbox.issuer}${path}`);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers['content-type']).toMatch(path.startsWith('/docs/') ? /^text\/plain/ : /json/);
  }
  for (const path of [
    '/docs/none.md',
    '/docs/..%2fpackage.json',
    '/docs/performance',
    '/docs/clients/en',
    '/docs/clients/examples.json',
  ])
    expect([path, (await sendRaw(`${sandbox.issuer}${path}`)).status]).toEqual([path, 404]);
});

test('a test person is made by a command, and signs in at once where claims are required', async () => {
  const env = { PATH: process.env.PATH, ...sandbox.env };
  const run = async (...args: string[]) => runAdmin(['sandbox', 'person', ...args, '--project', sandbox.directory], { env });
  const [made, plain, wrong] = await Promise.all([
    run('--required-claims', 'my-shop', '--json'),
    run('--language', 'en'),
    run('--language', 'fr'),
  ]);
  expect([made.code, made.err, plain.code, wrong.code]).toEqual([0, '', 0, 2]);
  expect(plain.out).toMatch(/^Address +test-[0-9a-f]{10}@sandbox\.example\nPassword +\S{15,20}\n/);
  const { email, password } = JSON.parse(made.out) as { email: string; password: string };
  const browser = createBrowser();
  const request = requestParams('my-shop', makePkce(), { scope: 'openid profile', redirect_uri: CALLBACK });
  await browser.open(authorizationUrl(sandbox.issuer, request), CALLBACK);
  const answer = await browser.submit('/login', { login_id: email, password }, CALLBACK);
  expect(returned(answer).get('code')).toBeTruthy();
});

test('a test person is never made beside customers', async () => {
  const env = { PATH: process.env.PATH, ...production.env };
  const ended = await runAdmin(['sandbox', 'person', '--project', make().directory], { env });
  expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('never beside customers') });
});

test('a sandbox and an installation with customers never share a database', async () => {
  // It was marked at its start.
  await expect(checkSandboxDatabase(sandbox.storage, { sandbox: false }, 1)).rejects.toThrow(/that of a sandbox/);
  await expect(checkSandboxDatabase(sandbox.storage, { sandbox: true }, 1)).resolves.toBeUndefined();
  const other = await startIdInProcess({});
  try {
    await expect(checkSandboxDatabase(other.storage, { sandbox: true }, 1)).rejects.toThrow(/holds accounts/);
    await expect(checkSandboxDatabase(other.storage, { sandbox: false }, 1)).resolves.toBeUndefined();
  } finally {
    await other.close();
  }
});
