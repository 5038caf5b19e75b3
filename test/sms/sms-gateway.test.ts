// SMS by a signed webhook: what the gateway gets, the gateway of the documentation as a real process, and the job that hands SMS over.
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { Sms } from '../../src/domain/sms.ts';
import { createSendSms } from '../../src/jobs/send-sms.ts';
import { PermanentJobError } from '../../src/jobs/runner.ts';
import { createSmsRenderer } from '../../src/sms/render-sms.ts';
import { createSmsGateway } from '../../src/sms/sms-gateway.ts';
import type { Job } from '../../src/storage/storage.ts';
import type { Emit } from '../../src/telemetry/emit.ts';
import { NO_TRACES, type Traces } from '../../src/telemetry/traces.ts';
import { freePorts } from '../support/free-ports.ts';
import { untilTrue } from '../support/until-true.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = Buffer.alloc(24, 8).toString('base64');
const SMS: Sms = { to: '+819012345678', template: 'login-number-code', language: 'ja', values: { code: '012345', minutes: 10 } };
const NONE = new AbortController().signal;
const ISSUER = { issuer: 'https://id.toyota.jp:8443', isSandbox: false };

type Received = { headers: Record<string, string>; body: string };
let server: Server;
let url: string;
let received: Received[] = [];
/** What the server answers, in order; 204 afterwards. */
let answers: number[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(answers.shift() ?? 204, { Location: 'https://evil.example/' }).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`;
});
beforeEach(() => {
  [received, answers] = [[], []];
});
afterAll(() => void server?.close());

test('the texts: a code for people, and a last line for the browser; one SMS in Japanese, and in English', () => {
  const render = createSmsRenderer('id.toyota.jp');
  const [ja, en] = [render(SMS), render({ ...SMS, language: 'en' })];
  expect(ja).toBe('TOYOTA/LEXUS共通ID認証番号：012345\n10分間有効。誰にも教えないでください。\n@id.toyota.jp #012345');
  expect(en).toMatch(/^012345 is your .*\n@id\.toyota\.jp #012345$/);
  // UCS-2 has room for 70 characters, and the GSM alphabet for 160.
  expect([ja.length <= 70, en.length <= 160, /^[\n -~]*$/.test(en)]).toEqual([true, true, true]);
  const long = render({ ...SMS, values: { code: '0123 4567 8901', minutes: 10 } });
  expect(long).toContain('0123 4567 8901\n');
  expect(long).toMatch(/@id\.toyota\.jp #012345678901$/);
  expect(createSmsRenderer('id.toyota.jp', true)(SMS)).toMatch(/^【テスト】/);
  // A notice is one SMS, too, and has no code.
  for (const template of ['lost-mailbox-asked', 'lost-mailbox-waiting'] as const) {
    const [notice = '', english = ''] = ['ja', 'en'].map((language) => render({ to: SMS.to, template, language, values: {} }));
    expect([notice.length <= 70, english.length <= 160, /[@#]/.test(notice + english)]).toEqual([true, true, false]);
  }
});

test('what the gateway gets is signed with every secret, as the library of the standard checks it', async () => {
  await createSmsGateway({ url, secrets: [SECRET, OTHER] }, ISSUER).send('sms:1', SMS, Date.now(), NONE);
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  for (const secret of [SECRET, OTHER])
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      id: 'sms:1',
      to: SMS.to,
      text: expect.stringContaining('@id.toyota.jp #012345'),
    });
  expect(headers).toMatchObject({ 'webhook-id': 'sms:1', 'content-type': 'application/json' });
  expect(() => new Webhook(Buffer.alloc(24, 9).toString('base64')).verify(body, headers)).toThrow('No matching signature');
  expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow('No matching signature');
});

const JOB: Job = {
  key: 'sms:number:1.2',
  kind: 'send_sms',
  payload: {},
  state: 'waiting',
  attempts: 1,
  run_at: 0,
  created_at: 0,
};

function jobAt(now: number, gatewayUrl = url, replaced = false) {
  const told: unknown[] = [];
  const emit: Emit = (...event) => void told.push(event);
  const gateway = createSmsGateway({ url: gatewayUrl, secrets: [SECRET] }, ISSUER);
  const spans: unknown[] = [];
  const span: Traces['span'] = async (kind, name, attributes, work) => {
    spans.push([kind, name, attributes]);
    return work();
  };
  const job = createSendSms(gateway, {
    clock: () => now,
    emit,
    traces: { ...NO_TRACES, span },
    isReplaced: async () => replaced,
  });
  return { spans, run: async (sms = SMS) => job.run(sms, JOB, NONE), gaveUp: async () => job.gaveUp?.(SMS), told };
}

test('the job repeats an SMS with the same id, gives up if the gateway refuses it, and sends no expired code', async () => {
  answers = [503, 302, 401];
  const { run, gaveUp, told, spans } = jobAt(60_000);
  for (const status of [503, 302, 401]) {
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toEqual(new Error(`the SMS gateway answered ${status}`));
    expect(error).not.toBeInstanceOf(PermanentJobError);
  }
  await run();
  expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['sms:number:1-2']));
  expect(received.length).toBe(4);
  answers = [422];
  await expect(run()).rejects.toThrow(new PermanentJobError('the SMS gateway refused with 422'));
  await gaveUp();
  const outcomes = ['retried', 'retried', 'retried', 'sent', 'failed'];
  expect(told).toEqual(outcomes.map((outcome) => ['sms', { template: 'login-number-code', outcome }]));
  expect(spans).toEqual(Array.from({ length: 5 }, () => ['client', 'sms', { 'common_id.sms': 'login-number-code' }]));
  await expect(jobAt(10 * 60_000 + 1).run()).rejects.toThrow(new PermanentJobError('the code has expired'));
  await jobAt(10 * 60_000 + 1).run({ to: SMS.to, template: 'lost-mailbox-asked', language: 'ja', values: {} });
  await expect(run({} as Sms)).rejects.toThrow(PermanentJobError);
  const off = createSendSms(undefined, {
    clock: () => 0,
    emit: () => undefined,
    traces: NO_TRACES,
    isReplaced: async () => false,
  });
  await expect(off.run(SMS, JOB, NONE)).rejects.toThrow(new PermanentJobError('SMS_URL is not set'));
  const [port = 0] = await freePorts(1);
  await expect(jobAt(0, `http://127.0.0.1:${port}/secret`).run()).rejects.toThrow(
    'the SMS gateway does not answer (ECONNREFUSED)',
  );
  const late = jobAt(60_000, url, true);
  await late.run();
  expect(late.told).toEqual([['sms', { template: 'login-number-code', outcome: 'replaced' }]]);
  expect(received).toHaveLength(6);
});

test('the gateway of the documentation: sends each SMS once, tries again after a fault, and refuses what is not signed', async () => {
  const [port = 0] = await freePorts(1);
  const env = { ...process.env, PORT: String(port), SMS_SECRET: SECRET, TWILIO_URL: new URL(url).origin };
  const twilio = { TWILIO_ACCOUNT: 'AC1', TWILIO_TOKEN: 't', TWILIO_FROM: '+815012345678' };
  const path = fileURLToPath(new URL('../../docs/sms-gateway.mjs', import.meta.url));
  const gateway: ChildProcess = spawn(process.execPath, [path], {
    env: { ...env, NODE_OPTIONS: '', ...twilio },
    stdio: 'ignore',
  });
  try {
    const at = `http://127.0.0.1:${port}/`;
    await untilTrue('the gateway listens', async () =>
      fetch(at).then(
        () => true,
        () => false,
      ),
    );
    const send = async (id: string, secret = SECRET): Promise<void> =>
      createSmsGateway({ url: at, secrets: [secret] }, ISSUER).send(id, SMS, Date.now(), NONE);
    answers = [500];
    await expect(send('a')).rejects.toThrow('the SMS gateway answered 503');
    await Promise.all([send('a'), send('a')]);
    await send('a');
    answers = [400];
    await expect(send('b')).rejects.toThrow('the SMS gateway refused with 422');
    await expect(send('c', OTHER)).rejects.toThrow('the SMS gateway answered 401');
    expect(received).toHaveLength(3);
    const form = Object.fromEntries(new URLSearchParams(received[1]?.body));
    expect(form).toEqual({ To: SMS.to, From: twilio.TWILIO_FROM, Body: expect.stringContaining('#012345') });
    expect(received[1]?.headers.authorization).toBe(`Basic ${Buffer.from('AC1:t').toString('base64')}`);
  } finally {
    gateway.kill();
  }
});
