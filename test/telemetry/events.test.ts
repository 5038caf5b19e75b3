// The catalogue of events: what it makes of an event, and what does not compile.
import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { LEDGER_EVENTS } from '../../src/domain/ledger-events.ts';
import { createPageApp } from '../../src/http/page-app.ts';
import { createEmit, createEmitRecorded, type Emit } from '../../src/telemetry/emit.ts';
import { entryOf, EVENT_TYPES } from '../../src/telemetry/events.ts';
import { createLog, REDACTED, type Log } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { serve, type Served } from '../apps/serve.ts';
import { sendRaw } from '../support/http-browser.ts';

const lines: Record<string, unknown>[] = [];
const log = createLog('test', 'debug', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
const NAMES = { events: ['account.signed_in'], signInMethods: ['pwd'], jobs: ['send_mail'], mails: ['welcome'] };
const metrics = createMetrics(
  {
    draining: false,
    hashLane: { running: 0, waiting: 0, places: 0 },
    configuration: { version: '', inForceSince: 0 },
  },
  NAMES,
);
const emit = createEmit(log, metrics.countEvent);
const SUBJECTS = { 'account.signed_in': { subject: 'account' }, 'migration.completed': { subject: 'migration' } };
const recorded = createEmitRecorded(log, metrics.countRecorded, SUBJECTS, createSecretKey(Buffer.from('a key')));
const counted = async (): Promise<string> => (await metrics.text()).text;

let served: Served<object>;
beforeAll(async () => {
  served = await serve(async (origin) => {
    const app = createPageApp({
      app: 'common-id',
      origin,
      cookieKeys: ['a-key-of-the-test'],
      trustProxy: 0,
      log,
      emit,
      clock: Date.now,
      cacheViews: true,
      reports: { accessLine: emit },
    });
    app.koa.use(async (ctx, next) => {
      if (ctx.path !== '/work') return next();
      await new Promise(setImmediate);
      emit('code.sent', { purpose: 'registration' });
      ctx.body = 'done';
    });
    return app;
  });
});
afterAll(() => served.close());
beforeEach(() => void lines.splice(0));

test('an event is one line and one increase; what cannot be told is left out', async () => {
  emit('login.failed', { method: 'password', reason: 'unknown', client_id: undefined });
  emit('mail', { template: 'welcome', outcome: 'failed' });
  emit('password_hashes.refused', { reason: 'full' });
  emit('page.refused', { error: 'csrf', status: 403 });
  expect(lines.map(({ time: _time, app: _app, msg: _msg, ...line }) => line)).toEqual([
    { level: 30, event: 'login.failed', method: 'password', reason: 'unknown' },
    { level: 40, event: 'mail', template: 'welcome', outcome: 'failed' },
    { level: 30, event: 'page.refused', error: 'csrf', status: 403 },
  ]);
  const text = await counted();
  expect(text).toContain('common_id_login_failed_total{method="password",reason="unknown"} 1');
  expect(text).toContain('common_id_mail_total{template="welcome",outcome="failed"} 1');
  expect(text).toContain('common_id_password_hashes_refused_total{reason="full"} 1');
  // Counters begin with 0, so that the first time is an increase.
  expect(text).toContain('common_id_mail_total{template="welcome",outcome="sent"} 0');
  expect(text).not.toContain('page_refused');
});

test('an event of the ledger: the legacy id is an HMAC, operators’ words are left out, and demo data is not written', async () => {
  const data = { account_id: 'a-1', operator: 'Yamada', reason: 'she called', request: 'r-1' };
  recorded({ type: 'migration.completed', subject: 'site:TARO-1234', data });
  recorded({ type: 'account.signed_in', subject: 'a-1', data: { client_id: 'shop', method: 'pwd' } });
  recorded({ type: 'account.signed_in', subject: 'a-1', data: { demo: true } });
  expect(lines).toEqual([
    expect.objectContaining({ event: 'migration.completed', account: 'a-1', request: 'r-1' }),
    expect.objectContaining({ event: 'account.signed_in', account: 'a-1', client_id: 'shop', method: 'pwd' }),
  ]);
  expect(lines[0]?.migration).toMatch(/^site:[\w-]{22}$/);
  expect(JSON.stringify(lines)).not.toMatch(/TARO|Yamada|called/);
  expect(await counted()).toContain('common_id_sign_ins_total{method="pwd"} 1');
});

test('each line has the request it belongs to, and its trace if the header is valid; the access line comes last', async () => {
  const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const work = async (traceparent?: string): Promise<{ id: unknown; told: Record<string, unknown>[] }> => {
    lines.splice(0);
    const { headers } = await sendRaw(`${served.origin}/work`, { headers: traceparent === undefined ? {} : { traceparent } });
    return { id: headers['x-request-id'], told: [...lines] };
  };
  const traced = await work(`00-${trace}-${span}-01`);
  const untraced = await work(`00-${trace.toUpperCase()}-${span}-01`);
  for (const { id, told } of [traced, untraced]) {
    expect(told.map(({ event, request_id: of }) => [event, of])).toEqual([
      ['code.sent', id],
      ['request.answered', id],
    ]);
    expect(told[1]).toMatchObject({ method: 'GET', route: 'other', status: 200, ms: expect.any(Number) });
  }
  for (const line of traced.told) expect(line).toMatchObject({ trace_id: trace, parent_span_id: span });
  for (const line of untraced.told) expect(line).not.toHaveProperty('trace_id');
});

test('no field of an event has the name of personal data: nothing is hidden in these lines', () => {
  const recordedData = Object.values(LEDGER_EVENTS).map(({ data }) => data);
  const names = [...EVENT_TYPES.map((type) => entryOf(type).fields), ...recordedData].flatMap((fields) => Object.keys(fields));
  expect(names.filter((name) => REDACTED.includes(name))).toEqual([]);
});

test('an event that is not in the catalogue, and one without its labels, do not compile', () => {
  const neverCalled = (say: Emit, writing: Log): void => {
    // @ts-expect-error: no such event
    say('login.misspelt', {});
    // @ts-expect-error: a label is missing
    say('login.failed', { method: 'password' });
    // @ts-expect-error: no value of this label
    say('login.failed', { method: 'password', reason: 'sato@example.jp' });
    // @ts-expect-error: no field of this event
    say('code.sent', { purpose: 'registration', email: 'sato@example.jp' });
    // @ts-expect-error: the log has no events of its own
    writing.info({ event: 'login.failed' }, 'login failed');
  };
  expect(neverCalled).toBeInstanceOf(Function);
});
