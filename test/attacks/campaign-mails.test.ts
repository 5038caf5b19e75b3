// Attacks on the link that stops the mails of the campaign, and on the endpoint for mails that came back. design/operations.md, chapter 3.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { MessageStore } from '../../src/apps/mailbox/message-store.ts';
import { startSmtpReceiver } from '../../src/apps/mailbox/smtp-receiver.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { SecretKeys } from '../../src/config/settings/secret-keys.ts';
import { addressId, messageIdOf, stopTokenOf } from '../../src/domain/campaign-mail.ts';
import { signWebhook } from '../../src/http/webhook-signature.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createBrowser, headingOf, mainOf } from '../support/http-browser.ts';
import { startIdInProcess, type IdInProcess } from '../support/id-in-process.ts';

jest.setTimeout(60_000);

const SECRET = Buffer.alloc(32, 9).toString('base64');
const WAVE = 'spring-1';
const clock = { now: Date.parse('2026-12-01T03:00:00Z') };

let world: IdInProcess;
let keys: SecretKeys;
beforeAll(async () => {
  world = await startIdInProcess({ clock: () => clock.now, env: { MAIL_REPORT_SECRET: SECRET } });
  ({ keys } = loadConfig({ directory: world.directory, env: world.env, apps: ['id'] }));
});
afterAll(async () => {
  await world?.close();
});

let people = 0;
function newPerson() {
  people += 1;
  const address = addressId(keys.campaignMail, `person${people}@example.jp`);
  const token = stopTokenOf(keys.campaignStop, { wave: WAVE, address, shown: 'p***@example.jp' });
  return { address, token, messageId: messageIdOf(keys.campaignMail, { wave: WAVE, address }, 'id.example.jp') };
}
const reasonOf = async ({ address }: { address: string }): Promise<string | undefined> =>
  (await world.storage.mailStops.find(address))?.reason;

async function oneClick(token: string, body = 'List-Unsubscribe=One-Click', type = 'application/x-www-form-urlencoded') {
  const url = `${world.issuer}/unsubscribe?token=${encodeURIComponent(token)}`;
  return (await fetch(url, { method: 'POST', body, headers: { 'Content-Type': type }, redirect: 'manual' })).status;
}

type Posted = { id?: string; timestamp?: number; secret?: string; signed?: string };
async function report(
  what: unknown,
  { id = `r${(people += 1)}`, timestamp = Math.floor(clock.now / 1000), secret = SECRET, signed }: Posted = {},
) {
  const body = typeof what === 'string' ? what : JSON.stringify(what);
  const headers = {
    'Content-Type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signWebhook({ id, timestamp, body: signed ?? body }, [secret]),
  };
  return (await fetch(`${world.issuer}/mail-reports`, { method: 'POST', body, headers })).status;
}

/** A delivery status notification as Postfix makes it. */
const bounce = (messageId: string, { action = 'failed', status = '5.1.1', returned = 'text/rfc822-headers' } = {}): string =>
  [
    'From: MAILER-DAEMON@mx.example.jp',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    `Message-ID: ${messageId}`,
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.jp',
    '',
    'Final-Recipient: rfc822; person@example.jp',
    `Action: ${action}`,
    `Status: ${status}`,
    'Diagnostic-Code: smtp; 550 5.1.1',
    ' User unknown',
    '--b',
    `Content-Type: ${returned}`,
    '',
    'From: TOYOTA <no-reply@id.example.jp>',
    `Message-ID:`,
    ` ${messageId}`,
    '',
    '--b--',
    '',
  ].join('\r\n');
const complaint = (messageId: string): string =>
  bounce(messageId)
    .replace('report-type=delivery-status', 'report-type=feedback-report')
    .replace(
      /Content-Type: message\/delivery-status[^]*User unknown/,
      'Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1',
    );

test('S230 the link that stops mails is opened by a scanner, changed, and made for another address: only a press of the link that was mailed stops, and only its own address', async () => {
  const [own, other] = [newPerson(), newPerson()];
  const browser = createBrowser();
  await browser.open(`${world.issuer}/unsubscribe?token=${own.token}`);
  expect(mainOf(browser.page)).toContain('p***@example.jp');
  for (const asked of ['', 'List-Unsubscribe=No', 'List-Unsubscribe=One-Clicks', 'x=1&List-Unsubscribe=One-Click'])
    expect(await oneClick(own.token, asked)).toBe(400);
  const flipped = own.token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  const forAnother = [own.token.slice(0, -20) + other.token.slice(-20), flipped, other.address, `${own.token}x`, ''];
  for (const token of forAnother) expect(await oneClick(token)).toBe(400);
  expect((await fetch(`${world.issuer}/unsubscribe?token=${flipped}`)).status).toBe(400);
  expect([await reasonOf(own), await reasonOf(other)]).toEqual([undefined, undefined]);

  expect(await oneClick(own.token)).toBe(200);
  expect([await reasonOf(own), await reasonOf(other)]).toEqual(['unsubscribed', undefined]);
  const multipart = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n';
  expect(await oneClick(other.token, multipart, 'multipart/form-data; boundary=b')).toBe(200);
  expect(await reasonOf(other)).toBe('unsubscribed');
});

test('S231 a person presses the button of the page twice, and a page of another site posts it: the mails stop once, and never without the own form', async () => {
  const own = newPerson();
  const form = {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'cross-site' },
  };
  const foreign = await fetch(`${world.issuer}/unsubscribe/confirm`, { ...form, body: `token=${own.token}` });
  expect([foreign.status, await reasonOf(own)]).toEqual([403, undefined]);
  const browser = createBrowser();
  await browser.open(`${world.issuer}/unsubscribe?token=${own.token}`);
  await browser.submit('/unsubscribe/confirm', {});
  const since = await world.storage.mailStops.find(own.address);
  clock.now += 1000;
  await oneClick(own.token);
  await browser.open(`${world.issuer}/unsubscribe?token=${own.token}`);
  expect([headingOf(browser.page), await world.storage.mailStops.find(own.address)]).toEqual([
    'ご案内メールを停止しました',
    since,
  ]);
});

test('S232 reports of returned mail are forged: without the signature, with another secret, for another body, too old, and about a mail that we never sent: none of them stops mails', async () => {
  const own = newPerson();
  const what = { event: 'bounced', message_id: own.messageId };
  const old = Math.floor(clock.now / 1000) - 301;
  expect(await report(what, { secret: Buffer.alloc(32, 8).toString('base64') })).toBe(401);
  expect(await report(what, { signed: '{}' })).toBe(401);
  expect([await report(what, { timestamp: old }), await report(what, { timestamp: old + 700 })]).toEqual([401, 401]);
  expect((await fetch(`${world.issuer}/mail-reports`, { method: 'POST', body: JSON.stringify(what) })).status).toBe(401);
  // Anybody can send a report to the address for returned mail, and the mail system signs it.
  const [wave, address = '', proof = ''] = own.messageId.slice(1).split('.');
  const forged = [
    `<${wave}.${address}.${'A'.repeat(43)}@id.example.jp>`,
    `<other.${address}.${proof.slice(0, 43)}@id.example.jp>`,
    `<${wave}.${newPerson().address}.${proof.slice(0, 43)}@id.example.jp>`,
    '<20261201.abc@mx.example.jp>',
    '',
  ];
  for (const messageId of forged) {
    expect(await report({ event: 'complained', message_id: messageId })).toBe(204);
    expect(await report({ mail: bounce(messageId) })).toBe(204);
  }
  for (const unreadable of ['', '{', '[]', '{"event":"opened","message_id":"x"}', '{"mail":1}'])
    expect(await report(unreadable)).toBe(400);
  expect(await report({ mail: 'x'.repeat(1_000_001) })).toBe(413);
  expect(await report({ mail: 'no mail at all' })).toBe(204);
  expect(await reasonOf(own)).toBeUndefined();
  expect([await report(what), await reasonOf(own)]).toEqual([204, 'bounced']);
});

test('S233 a report is played again after the address was cleared: it counts once', async () => {
  const own = newPerson();
  const posted = { id: 'once', timestamp: Math.floor(clock.now / 1000) };
  const body = JSON.stringify({ event: 'complained', message_id: own.messageId });
  expect([await report(body, posted), await reasonOf(own)]).toEqual([204, 'complained']);
  await world.storage.mailStops.remove(own.address);
  expect([await report(body, posted), await reasonOf(own)]).toEqual([204, undefined]);
  clock.now += 299_000;
  expect([await report(body, posted), await reasonOf(own)]).toEqual([204, undefined]);
});

test('S234 mails come back as mail systems report it: only a failure for good stops, and a complaint', async () => {
  const [gone, whole, angry] = [newPerson(), newPerson(), newPerson()];
  for (const passing of [
    { action: 'delayed', status: '4.4.7' },
    { action: 'failed', status: '4.2.2' },
    { status: '5.2.2' },
    { action: 'relayed' },
  ])
    expect([passing, await report({ mail: bounce(gone.messageId, passing) }), await reasonOf(gone)]).toEqual([
      passing,
      204,
      undefined,
    ]);
  expect([await report({ mail: bounce(gone.messageId) }), await reasonOf(gone)]).toEqual([204, 'bounced']);
  expect([await report({ mail: bounce(whole.messageId, { returned: 'message/rfc822' }) }), await reasonOf(whole)]).toEqual([
    204,
    'bounced',
  ]);
  expect([await report({ mail: complaint(angry.messageId) }), await reasonOf(angry)]).toEqual([204, 'complained']);
});

test('S237 a recipient and values with line breaks reach a real mail server: it gets one mail with our headers alone, which a mail program can stop with one click', async () => {
  const raws: string[] = [];
  const store = { add: (_: unknown, raw: Buffer) => void raws.push(raw.toString()) } as unknown as MessageStore;
  const log = createLog('mailbox', 'silent');
  const smtp = await startSmtpReceiver({ host: '127.0.0.1', port: 0, clock: () => clock.now, log }, store);
  const mailer = createMailer(`smtp://127.0.0.1:${smtp.port}`, 'no-reply@id.example.jp');
  try {
    const { token, messageId } = newPerson();
    const stopUrl = `${world.issuer}/unsubscribe?token=${encodeURIComponent(token)}`;
    const values = { serviceName: 'Site\r\nBcc: c@example.jp', ends: '31 March', url: 'http://127.0.0.1/migration', stopUrl };
    const mail = { to: 'ok@example.jp', template: 'migration-invitation', language: 'en', values } as const;
    await mailer.send(mail, { messageId, stopUrl });
    await mailer.send({ ...mail, to: 'a@example.jp\r\nBcc: b@example.jp' }, { messageId, stopUrl }).catch(() => undefined);
    const headers = raws.map((raw) => raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' '));
    expect(headers.filter((one) => /^(bcc|cc):/im.test(one))).toEqual([]);
    const [first = ''] = headers;
    expect(first).toContain(`Message-ID: ${messageId}`);
    expect(first).toContain(`List-Unsubscribe: <${stopUrl}>`);
    expect(first).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    expect(await oneClick(new URL(stopUrl).searchParams.get('token') ?? '')).toBe(200);
  } finally {
    mailer.close();
    await smtp.close();
  }
});
