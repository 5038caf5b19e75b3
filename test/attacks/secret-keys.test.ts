// The keys that are derived from HMAC_KEY, SUBJECT_KEY and LEDGER_KEY: design/reality.md R56; and the keys of development: design/security.md 82.
import { createHmac, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { inspectConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import { makeSecretKeys, type SecretKeys } from '../../src/config/settings/secret-keys.ts';
import type { Setting } from '../../src/config/settings/setting.ts';
import { SETTINGS } from '../../src/config/settings/settings.ts';
import { PermanentJobError, type JobHandler } from '../../src/jobs/runner.ts';
import { createSendMail } from '../../src/jobs/send-mail.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { encryptMailPayloads } from '../../src/storage/encrypt-mail-payloads.ts';
import { temporaryProjects } from '../config/temporary-project.ts';
import { startWorld } from './support/attack-world.ts';
import { codeFor, registerUpTo } from './support/registration.ts';
import { customerOf } from '../../src/domain/dealer-subject.ts';
import { pairwiseSubject } from '../../src/oidc/clients/pairwise-subject.ts';
import { NO_TRACES } from '../../src/telemetry/traces.ts';
import { noEmit } from '../support/no-emit.ts';

const OLD = 'the-key-of-an-installation-that-stands-0123';
const NEW = 'another-key-that-was-made-later-0123456789';

const { make, clean } = temporaryProjects();
afterAll(clean);

const valuesOf = (keys: SecretKeys): Record<string, string> =>
  Object.fromEntries(Object.entries(keys).map(([use, key]) => [use, key.export().toString('base64')]));

test('R56 two uses of one secret: no two share a key', () => {
  for (const secrets of [
    { hmac: OLD, subject: undefined, ledger: undefined },
    { hmac: OLD, subject: OLD, ledger: OLD },
    { hmac: OLD, subject: NEW, ledger: NEW },
  ]) {
    const values = Object.values(valuesOf(makeSecretKeys(secrets)));
    expect(values.length).toBeGreaterThan(5);
    expect(new Set(values).size).toBe(values.length);
  }
});

test('R56 an installation with only HMAC_KEY: clients and dealers know its customers by the same names as before', () => {
  const { subject } = makeSecretKeys({ hmac: OLD, subject: undefined, ledger: undefined });
  const before = (text: string): string => createHmac('sha256', OLD).update(text).digest('base64url');
  expect(pairwiseSubject(subject, 'account', { sectorIdentifier: 'shop.example.jp', clientId: 'shop' })).toBe(
    before('pairwise:shop.example.jp:account'),
  );
  // Links of that age have no name of their own.
  expect(customerOf({ dealer: 'aichi-toyota', account_id: 'account' }, subject)).toBe(before('pairwise:aichi-toyota:account'));
});

test('R56 HMAC_KEY is rotated, and the old one stays as SUBJECT_KEY and LEDGER_KEY: names and ledger stay, all else changes', () => {
  const before = valuesOf(makeSecretKeys({ hmac: OLD, subject: undefined, ledger: undefined }));
  const after = valuesOf(makeSecretKeys({ hmac: NEW, subject: OLD, ledger: OLD }));
  const same = Object.keys(before).filter((use) => before[use] === after[use]);
  expect(same.toSorted()).toEqual([
    'campaignMail',
    'campaignStop',
    'dealerLinkId',
    'dealerSubject',
    'keptConsent',
    'ledger',
    'legacyUser',
    'legacyUserId',
    'linkId',
    'recoveryCode',
    'secondFactor',
    'subject',
  ]);
});

const SECRETS = Object.entries<Setting<unknown>>(SETTINGS)
  .filter(([, { secret }]) => secret)
  .map(([name]) => name);
const goodValue = (name: string): string =>
  ({
    SMTP_URL: 'smtp://127.0.0.1:2525',
    DATABASE_URL: 'sqlite:elsewhere.sqlite',
    SMS_URL: 'https://sms.example.jp/send?key=0123456789',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://traces.example.jp/?key=0123456789',
  })[name] ?? randomBytes(32).toString('hex');

test('R56 every secret in its own file, NAME_FILE: it is the secret, without the final line feed', () => {
  expect(SECRETS).toEqual(expect.arrayContaining(['HMAC_KEY', 'COOKIE_KEYS', 'DATABASE_URL', 'SMTP_URL', 'SUBJECT_KEY']));
  const project = make();
  const values = Object.fromEntries(SECRETS.map((name) => [name, goodValue(name)]));
  const files = Object.entries(values).map(([name, value], index) => {
    writeFileSync(join(project.directory, name), `${value}${['\n', '\r\n', ''][index % 3]}`, { mode: 0o600 });
    return [`${name}_FILE`, name];
  });
  const load = (env: Record<string, string>) => {
    const { config, problems } = inspectConfig({ env, directory: project.directory, apps: ['id'] });
    expect(problems.map(formatProblem)).toEqual([]);
    const { keys, ...rest } = config!();
    return { ...rest, keys: valuesOf(keys) };
  };
  expect(load(Object.fromEntries(files) as Record<string, string>)).toEqual(load(values));
});

test.each(SECRETS)('R56 an unusable %s_FILE: reported by its name, and the secret is not shown', (name) => {
  const project = make();
  const value = goodValue(name);
  const key = `${name}_FILE`;
  const tell = (env: Record<string, string>): string[] =>
    inspectConfig({ env: { ...env, [key]: 'secret' }, directory: project.directory, apps: ['id'] })
      .problems.filter(({ key: told }) => told?.startsWith(name))
      .map(({ severity, ...problem }) => `${severity}: ${formatProblem({ severity, ...problem })}`);
  expect(tell({})).toEqual([`error: environment: ${key}: expected a readable file, found no such file: 'secret'`]);
  project.write('secret', value);
  chmodSync(join(project.directory, 'secret'), 0o600);
  expect(tell({})).toEqual([]);
  expect(tell({ [name]: value })).toEqual([
    `error: environment: ${key}: expected one of ${name} and ${key}, found both; remove one of them`,
  ]);
  chmodSync(join(project.directory, 'secret'), 0o604);
  const worldReadable = `environment: ${key}: expected a file that only its owner can read, found one that everybody can read: 'secret'; chmod 600 secret, and make a new secret: others may have read this one`;
  expect(tell({})).toEqual([`warning: ${worldReadable}`]);
  expect(tell({ NODE_ENV: 'production' })).toEqual([`error: ${worldReadable}`]);
  chmodSync(join(project.directory, 'secret'), 0o600);
  project.write('secret', '\n');
  expect(tell({})).toEqual([`error: environment: ${key}: expected a file with the secret in it, found an empty one: 'secret'`]);
  project.write('secret', 'short!');
  const [sentence = '', ...others] = tell({});
  expect(others).toEqual([]);
  expect(sentence).toMatch(new RegExp(`^error: environment: ${key}: expected .* found a value of 6 characters \\(not shown\\)`));
});

test('R56 a queued mail from another HMAC_KEY: fails, with the reason', async () => {
  const project = make();
  const storage = await openStorage(`sqlite:${join(project.directory, 'waiting.sqlite')}`, Date.now);
  try {
    const [before, after] = [OLD, NEW].map((hmac) => makeSecretKeys({ hmac, subject: undefined, ledger: undefined }));
    const payload = { to: 'a@example.jp', template: 'email-code', language: 'ja', values: { code: '012345', minutes: 10 } };
    const job = { key: 'mail:1', kind: 'send_mail', payload, run_at: 0 };
    await encryptMailPayloads(storage.jobs, before!.waitingMail).enqueue(job);
    const [leased] = await encryptMailPayloads(storage.jobs, after!.waitingMail).lease(1, 1000, 'send_mail');
    const { run }: JobHandler = createSendMail(createMailer('smtp://127.0.0.1:9', 'a@example.jp'), {
      clock: Date.now,
      emit: noEmit,
      traces: NO_TRACES,
      isReplaced: async () => false,
    });
    const sent = run(leased!.payload, leased!, AbortSignal.timeout(60_000));
    await expect(sent).rejects.toThrow(PermanentJobError);
    await expect(sent).rejects.toThrow('it cannot be read: HMAC_KEY was another one when it was written');
  } finally {
    await storage.close();
  }
});

test('R56 HMAC_KEY rotated while people register and reset: the code is refused as a wrong one, and a new one can be requested', async () => {
  const world = await startWorld();
  try {
    const made = JSON.parse(readFileSync(join(world.directory, 'data/development-secrets.json'), 'utf8')) as { hmacKey: string };
    const { port } = await world.addNode({ HMAC_KEY: NEW, SUBJECT_KEY: made.hmacKey, LEDGER_KEY: made.hmacKey });
    const registering = await registerUpTo(world, 'code');
    const code = await codeFor(world, registering.email);
    const reset = world.browser();
    await reset.open(`${world.issuer}/password/forgotten`);
    await reset.submit('/password/forgotten', { email: 'sato@example.jp' });
    const resetCode = await codeFor(world, 'sato@example.jp');

    for (const [browser, path, typed] of [
      [registering.browser, '/create/code', code],
      [reset, '/password/forgotten/code', resetCode],
    ] as const) {
      const turned = browser.copy({ port });
      turned.page = browser.page;
      const refused = await turned.post(path, { code: typed });
      expect(refused.status).toBe(422);
      expect(refused.text).toContain('aria-invalid');
    }
    await world.advance(61_000);
    for (const [browser, path] of [
      [registering.browser, '/create/code/resend'],
      [reset, '/password/forgotten/code/resend'],
    ] as const) {
      const turned = browser.copy({ port });
      turned.page = browser.page;
      expect((await turned.post(path)).status).toBe(303);
    }
    const again = world.browser({ port });
    await again.open(`${world.issuer}/password/forgotten`);
    await again.submit('/password/forgotten', { email: 'sato@example.jp' });
    expect(again.page.status).toBe(200);
    expect(again.page.url).toMatch(/\/password\/forgotten\/code$/);
  } finally {
    await world.close();
  }
});

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the real program with only this environment. Returns its exit. */
async function startProgram(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--no-warnings', 'src/main.js', 'id'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  return { code, output };
}

test('S82 production with the keys and data of development: does not start', async () => {
  const nothing = await startProgram({});
  expect(nothing.code).toBe(1);
  for (const name of [
    'ISSUER',
    'COOKIE_KEYS',
    'HMAC_KEY',
    'DATABASE_URL',
    'KEY_DIRECTORY',
    'SMTP_URL',
    'DEMO_DATA',
    'TRUST_PROXY',
    'GAZOO_CLIENT_SECRET',
  ])
    expect(nothing.output).toContain(name);
  expect(nothing.output).not.toMatch(/\n\s+at /);
  const secret = randomBytes(32).toString('hex');
  const directory = mkdtempSync(join(tmpdir(), 'production-'));
  const good = {
    ISSUER: 'https://id.example.jp',
    PORT: '0',
    OWNERS_SITE_URL: 'https://owners.example.jp',
    NOTEBOOK_URL: 'https://notebook.example.jp',
    DEALER_SYSTEM_URL: 'https://dealers.example.jp',
    DEMO_CLIENTS_URL: 'https://gazoo.example.jp',
    OPERATIONS_CONSOLE_URL: 'https://operations.example.jp',
    SMTP_URL: 'smtps://mail.example.jp',
    MAIL_FROM: 'no-reply@id.example.jp',
    DATABASE_URL: `sqlite:${directory}/production.sqlite`,
    KEY_DIRECTORY: `${directory}/no-keys`,
    DATA_DIRECTORY: `${directory}/production`,
    COOKIE_KEYS: secret,
    HMAC_KEY: randomBytes(32).toString('hex'),
    TRUST_PROXY: 'true',
    DEMO_DATA: 'false',
    GAZOO_CLIENT_SECRET: randomBytes(32).toString('hex'),
  };
  const bad: [Record<string, string>, RegExp][] = [
    [{}, /key/],
    [{ ISSUER: 'http://id.example.jp' }, /ISSUER/],
    [{ COOKIE_KEYS: 'short' }, /COOKIE_KEYS/],
    [{ COOKIE_KEYS: `${secret},short` }, /COOKIE_KEYS/],
    [{ HMAC_KEY: 'short' }, /HMAC_KEY/],
    [{ DATABASE_URL: 'memory' }, /DATABASE_URL/],
    [{ DEMO_DATA: 'true' }, /DEMO_DATA/],
    [{ GAZOO_CLIENT_SECRET: 'gazoo-for-development-only-0123456789abcdef' }, /GAZOO_CLIENT_SECRET/],
    [{ MAILBOX_URL: 'https://mailbox.example.jp' }, /MAILBOX_URL/],
    [{ PASSWORD_HASH_COST: '4' }, /PASSWORD_HASH_COST/],
  ];
  const ends = await Promise.all(bad.map(async ([env]) => startProgram({ ...good, ...env })));
  bad.forEach(([env, named], index) => {
    expect([env, ends[index]?.code]).toEqual([env, 1]);
    expect(ends[index]?.output).toMatch(named);
    expect(ends[index]?.output).not.toContain(secret);
  });
  rmSync(directory, { recursive: true });
}, 120_000);
