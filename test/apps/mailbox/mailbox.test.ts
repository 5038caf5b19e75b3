// The mailbox over real SMTP and HTTP.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import { createMailbox, type Mailbox } from '../../../src/apps/mailbox/create-mailbox.ts';
import { signWebhook } from '../../../src/http/webhook-signature.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { serve, type Served } from '../serve.ts';

const NOW = Date.parse('2026-11-22T03:04:05.000Z');
const SECRET = Buffer.alloc(32, 7).toString('base64');

let directory: string;
let mailbox: Served<Mailbox>;

function start(smtpHost = '127.0.0.1'): Promise<Served<Mailbox>> {
  return serve((origin) =>
    createMailbox({
      origin,
      cookieKeys: ['a test key of enough length'],
      trustProxy: 0,
      cacheViews: true,
      clock: () => NOW,
      log: createLog('mailbox', 'silent'),
      smtpHost,
      smtpPort: 0,
      smsSecrets: [SECRET],
      databasePath: join(directory, 'mail', 'mailbox.sqlite'),
    }),
  );
}

async function send(mail: SendMailOptions): Promise<void> {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: mailbox.app.smtpPort, ignoreTLS: true });
  await transport.sendMail({ from: 'TOYOTA/LEXUSの共通ID <noreply@id.toyota.jp>', ...mail });
  transport.close();
}

type Listed = { id: number; to: string; subject: string; text: string; html: string; received_at: string };

async function list(query = ''): Promise<Listed[]> {
  return (await (await fetch(`${mailbox.origin}/messages.json${query}`)).json()) as Listed[];
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mailbox-'));
  mailbox = await start();
});

afterEach(async () => {
  await mailbox.close();
  await rm(directory, { recursive: true });
});

test('lists every mail, newest first, with its text and HTML', async () => {
  await send({
    to: 'tanaka@example.jp',
    subject: '認証番号 123456',
    text: '番号は 123456 です。',
    html: '<p>番号は <b>123456</b> です。</p>',
  });
  await send({ to: ['a@example.jp', 'b@example.jp'], subject: 'second', text: 'only text' });

  const [second, first] = await list();
  expect(second).toMatchObject({ to: 'a@example.jp, b@example.jp', subject: 'second', html: '' });
  expect(first).toEqual({
    id: 1,
    to: 'tanaka@example.jp',
    subject: '認証番号 123456',
    text: '番号は 123456 です。',
    html: expect.stringContaining('<b>123456</b>'),
    received_at: new Date(NOW).toISOString(),
  });
});

test('lists the mails to one address', async () => {
  await send({ to: ['a@example.jp', 'b@example.jp'], subject: 'to both', text: '' });
  await send({ to: 'b@example.jp', subject: 'to one', text: '' });
  expect((await list('?to=b@example.jp')).map(({ subject }) => subject)).toEqual(['to one', 'to both']);
  expect((await list('?to=a@example.jp')).map(({ subject }) => subject)).toEqual(['to both']);
  expect(await list('?to=example.jp')).toEqual([]);
});

test('returns the raw mail as plain text', async () => {
  await send({ to: 'tanaka@example.jp', subject: 'raw', text: 'body' });
  const answer = await fetch(`${mailbox.origin}/messages/1.eml`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await answer.text()).toMatch(/^Subject: raw\r$/m);
});

test('shows hostile mail as text, and its HTML only in a sandbox', async () => {
  await send({
    to: 'tanaka@example.jp',
    subject: '<img src=x onerror=alert(1)>',
    text: '<script>alert(1)</script>',
    html: '<script>alert(1)</script>',
  });
  for (const path of ['/', '/messages/1']) {
    const text = await (await fetch(mailbox.origin + path)).text();
    expect(text).not.toContain('<img src=x');
    expect(text).not.toContain('<script>alert');
    expect(text).toContain('&lt;img');
  }
  const framed = await fetch(`${mailbox.origin}/messages/1/html`);
  expect(await framed.text()).toContain('<script>');
  expect(framed.headers.get('content-security-policy')).toMatch(/^default-src 'none'.*sandbox allow-popups$/);
});

test('keeps mail after a restart', async () => {
  await send({ to: 'tanaka@example.jp', subject: 'kept', text: 'kept' });
  await mailbox.close();
  mailbox = await start();
  expect((await list()).map((mail) => mail.subject)).toEqual(['kept']);
});

test('keeps the last 500 mails', async () => {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: mailbox.app.smtpPort,
    ignoreTLS: true,
    pool: true,
    maxConnections: 1,
    maxMessages: 1000,
  });
  for (let n = 1; n <= 501; n += 1)
    await transport.sendMail({ from: 'a@example.jp', to: 'b@example.jp', subject: String(n), text: '' });
  transport.close();
  const subjects = (await list()).map((mail) => mail.subject);
  expect(subjects).toHaveLength(500);
  expect([subjects[0], subjects.at(-1)]).toEqual(['501', '2']);
});

test('refuses a mail over the size limit, and continues', async () => {
  await expect(send({ to: 'tanaka@example.jp', subject: 'big', text: 'x'.repeat(6 * 1024 * 1024) })).rejects.toThrow(/size/i);
  await send({ to: 'tanaka@example.jp', subject: 'small', text: 'x' });
  expect((await list()).map((mail) => mail.subject)).toEqual(['small']);
});

test.each(['/messages/2', '/messages/2.eml', '/messages/2/html', '/messages/x', '/messages/%27'])(
  'returns 404 for %s',
  async (path) => {
    await send({ to: 'tanaka@example.jp', subject: 'one', text: 'one' });
    expect((await fetch(mailbox.origin + path)).status).toBe(404);
  },
);

test('listens only on a loopback address', async () => {
  await expect(start('0.0.0.0')).rejects.toThrow(/loopback/);
});

test('shows an SMS beside the mails, once; refuses one that is not signed, is old, or is too long', async () => {
  const post = async (id: string, change: { body?: string; secret?: string; at?: number } = {}): Promise<number> => {
    const {
      body = JSON.stringify({ id, to: '+819012345678', text: '<b>012345</b>' }),
      secret = SECRET,
      at = NOW / 1000,
    } = change;
    const timestamp = Math.floor(at);
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signWebhook({ id, timestamp, body }, [secret]),
    };
    return (await fetch(`${mailbox.origin}/sms`, { method: 'POST', headers, body })).status;
  };
  await send({ to: 'tanaka@example.jp', subject: 'Mail', text: 'mail' });
  expect([await post('1'), await post('1'), await post('2')]).toEqual([204, 204, 204]);
  expect(await post('3', { secret: Buffer.alloc(32, 8).toString('base64') })).toBe(401);
  expect(await post('3', { at: NOW / 1000 - 301 })).toBe(401);
  expect(await post('3', { body: 'x'.repeat(10_001) })).toBe(413);
  expect((await fetch(`${mailbox.origin}/sms`)).status).toBe(405);
  expect((await list()).map(({ to, subject }) => [to, subject])).toEqual([
    ['+819012345678', 'SMS'],
    ['+819012345678', 'SMS'],
    ['tanaka@example.jp', 'Mail'],
  ]);
  const [{ id } = { id: 0 }] = await list();
  expect(await (await fetch(`${mailbox.origin}/messages/${id}`)).text()).toContain('&lt;b&gt;012345&lt;/b&gt;');
});
