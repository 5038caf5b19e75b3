// Attacks on the waves of the campaign: crashes, two processes, an operator who pauses, and values that would change a mail. design/operations.md,
// chapter 3.
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopMails } from '../../src/account/campaign-mails/stop.ts';
import { createClientRegistry } from '../../src/config/clients/client-registry.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import { addressId } from '../../src/domain/campaign-mail.ts';
import { createLegacyUserIds, type LegacyUserIds } from '../../src/domain/legacy-user-ids.ts';
import type { Mail } from '../../src/domain/mails.ts';
import type { LegacyUser } from '../../src/domain/population.ts';
import type { WavePlan } from '../../src/domain/wave.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { PostponeJob } from '../../src/jobs/runner.ts';
import { createSendWave } from '../../src/operations/migration/send-wave.ts';
import { changeWave, checkPlan, dryRun, listWaves, planWave } from '../../src/operations/migration/waves.ts';
import { guardRecords } from '../../src/storage/records.ts';
import { StorageUnavailable, type Job, type Storage } from '../../src/storage/storage.ts';
import { noEmit } from '../support/no-emit.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { figure } from './support/figure.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { openOwnStorage, type OwnStorage } from './support/own-storage.ts';

jest.setTimeout(figure(1_800_000, 120_000));

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
/** 10 o'clock in Japan. */
const MORNING = Date.parse('2026-12-01T01:00:00Z');
const BY = { operator: 'a.tanaka', reason: 'ticket 4711', from: 'the test' };
const JOB: Job = { key: 'send_wave', kind: 'send_wave', payload: {}, state: 'waiting', attempts: 1, run_at: 0, created_at: 0 };

const clock = { now: MORNING };
let directory: string;
let config: Config;
let ids: LegacyUserIds;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waves-'));
  const env = { ISSUER: 'http://127.0.0.1:18', DATA_DIRECTORY: directory, GAZOO_CLIENT_SECRET: GAZOO_DEVELOPMENT_SECRET };
  config = loadConfig({ directory: ROOT, apps: ['id'], env });
  ids = createLegacyUserIds(config.keys);
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

const plan = (changes: Partial<WavePlan> = {}): WavePlan => ({
  client_id: 'owners-site',
  kind: 'invitation',
  after_days: 14,
  size: 1000,
  language: 'ja',
  rate: 6000,
  from_hour: 9,
  until_hour: 21,
  start_at: 0,
  ends: '2027-03-31',
  url: `${config.ownersSite.origin}/migration`,
  ...changes,
});

function declare(databaseUrl: () => string | undefined): void {
  let own: OwnStorage;
  let people = 0;
  let sent: (Mail & { at: number; messageId: string })[] = [];
  /** What the mail server does with the next mails. */
  let answers: (Error | undefined)[] = [];
  let onMail: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    own = await openOwnStorage(databaseUrl(), () => clock.now);
  });
  afterAll(async () => own?.close());
  beforeEach(() => {
    [clock.now, sent, answers, onMail] = [
      MORNING + Math.ceil((clock.now - MORNING) / DAY_MS + 40) * DAY_MS,
      [],
      [],
      async () => undefined,
    ];
  });

  function depsOn(storage: Storage) {
    const records = guardRecords(storage, () => clock.now, ids);
    const clients = createClientRegistry(config.clients, new Map());
    return {
      config,
      clients,
      storage: records,
      clock: () => clock.now,
      emit: noEmit,
      jobs: createJobQueue(storage.jobs, () => clock.now),
    };
  }
  const deps = () => depsOn(own.storage);
  const handlerOn = (storage: Storage) =>
    createSendWave(
      {
        send: async (mail, bulk) => {
          const answer = answers.shift();
          if (answer) throw answer;
          sent.push({ ...mail, at: clock.now, messageId: bulk?.messageId ?? '' });
          await onMail();
        },
      },
      depsOn(storage),
    );

  /** Writes legacy users of a segment. */
  async function list(segment: string, count: number, email = (n: number) => `${segment}-${n}@example.jp`): Promise<string[]> {
    const rows = Array.from({ length: count }, (_, n) => {
      const identity = ids.identityOf('owners-site', `${segment}-${(people += 1)}`);
      return {
        ...identity,
        sealed_email: ids.sealEmail(identity.id, email(n)),
        segment,
        list_digest: `${people}`,
        at: clock.now,
      };
    });
    await own.storage.population.list(rows);
    return rows.map(({ id }) => id);
  }

  async function start(id: string, changes: Partial<WavePlan>): Promise<string> {
    expect(await planWave(deps(), id, plan(changes), BY)).toBeUndefined();
    expect(await changeWave(deps(), id, 'start', BY)).toBeUndefined();
    return id;
  }

  /** Runs the job as a runner does, with the clock turned to its next time, until it has ended. */
  async function run(wave: string, storage = own.storage, until = Infinity): Promise<void> {
    const { run: runJob } = handlerOn(storage);
    while (clock.now < until) {
      try {
        return await runJob({ wave }, JOB, new AbortController().signal);
      } catch (error) {
        if (!(error instanceof PostponeJob)) throw error;
        clock.now = Math.max(clock.now, error.at);
      }
    }
  }

  const usersOf = async (of: string[]): Promise<LegacyUser[]> =>
    (await Promise.all(of.map(async (id) => own.storage.population.find(id)))).flatMap((user) => user ?? []);
  const stateOf = async (id: string) => (await own.storage.waves.find(id))?.state;
  const mailsTo = (segment: string): string[] => sent.flatMap(({ to }) => (to.startsWith(`${segment}-`) ? [to] : []));

  test('S235 a wave is started twice at once and sent by two processes: each person gets one mail, with the link and the Message-ID of their own', async () => {
    const listed = await list('twice', 20);
    expect(await planWave(deps(), 'twice', plan({ segment: 'twice' }), BY)).toBeUndefined();
    expect(await planWave(deps(), 'twice', plan(), BY)).toBe('exists');
    await Promise.all([changeWave(deps(), 'twice', 'start', BY), changeWave(deps(), 'twice', 'start', BY)]);
    expect((await own.storage.jobs.listAfter('waiting', '', 10, 'send_wave')).map(({ key }) => key)).toContain('send_wave:twice');
    await Promise.all([run('twice'), run('twice')]);
    expect(mailsTo('twice').toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `twice-${n}@example.jp`).toSorted());
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(20);
    expect((await usersOf(listed)).map(({ wave, mails }) => [wave, mails?.map(({ outcome }) => outcome)])).toEqual(
      listed.map(() => ['twice', ['sent']]),
    );
    expect([await stateOf('twice'), (await listWaves(deps())).find(({ wave }) => wave.id === 'twice')?.mails.sent]).toEqual([
      'done',
      20,
    ]);
  });

  test('S236 the process dies at each write of a wave: nobody gets two mails, and people without a mail are counted as unknown', async () => {
    let died = 0;
    for (let writes = 0; writes < figure(40, 40); writes += figure(1, 3)) {
      const wave = `kill-${writes}`;
      const listed = await list(wave, 10);
      await start(wave, { segment: wave });
      const dying = dyingAfter(own.storage, writes);
      await run(wave, dying.storage).catch((error: unknown) => {
        if (!(error instanceof StorageUnavailable)) throw error;
      });
      if (dying.died()) died += 1;
      await run(wave);
      const got = mailsTo(wave);
      expect([wave, new Set(got).size]).toEqual([wave, got.length]);
      const users = await usersOf(listed);
      expect([wave, users.every(({ mails }) => mails?.length === 1), await stateOf(wave)]).toEqual([wave, true, 'done']);
      const unknown = users.filter(({ mails }) => mails?.[0]?.outcome === undefined);
      expect([wave, got.length + unknown.length >= 10, unknown.length <= 8]).toEqual([wave, true, true]);
      const told = (await listWaves(deps())).find((one) => one.wave.id === wave);
      expect([told?.mails.unknown, told?.wave.taken]).toEqual([unknown.length, 10]);
    }
    expect(died).toBeGreaterThan(5);
  });

  test('S237 the plan and the list have line breaks, other sites and more: no mail has another header, another recipient or a foreign link', async () => {
    const wrong: [string, Partial<WavePlan>][] = [
      ['Spring\r\nBcc: a@example.jp', {}],
      ['../x', {}],
      ['', {}],
      ['w', { segment: 'a\r\nBcc: b@example.jp' }],
      ['w', { url: 'https://evil.example/migration' }],
      ['w', { url: 'javascript:alert(1)' }],
      ['w', { url: `${config.ownersSite.origin.replace('//', '//a@')}/migration` }],
      ['w', { client_id: 'nobody' }],
      ['w', { ends: '2027-02-30' }],
      ['w', { rate: 0 }],
      ['w', { rate: 1.5 }],
      ['w', { size: Number.NaN }],
      ['w', { from_hour: 21, until_hour: 9 }],
      ['w', { after_days: -1 }],
    ];
    for (const [id, changes] of wrong) {
      expect([id, changes, typeof checkPlan(deps(), id, plan(changes))]).toEqual([id, changes, 'string']);
      expect(await planWave(deps(), id, plan(changes), BY)).toBe(checkPlan(deps(), id, plan(changes)));
    }
    const addresses = [
      'a@example.jp\r\nBcc: b@example.jp',
      'a@example.jp, b@example.jp',
      'no address',
      '<a@example.jp>',
      'ok-1@example.jp',
    ];
    await list('headers', addresses.length, (n) => addresses[n] ?? '');
    await start('headers', { segment: 'headers' });
    await run('headers');
    expect(sent.map(({ to }) => to)).toEqual(['ok-1@example.jp']);
  });

  test('S238 a wave is paused, resumed and stopped while it sends: the next mail is not sent, and each person still gets one', async () => {
    const listed = await list('pause', 40);
    await start('pause', { segment: 'pause', rate: 60 });
    onMail = async () => {
      if (sent.length === 3) await changeWave(deps(), 'pause', 'pause', BY);
    };
    await run('pause', own.storage, clock.now + 10 * MINUTE_MS);
    expect([sent.length, await stateOf('pause')]).toEqual([3, 'paused']);
    await changeWave(deps(), 'pause', 'resume', BY);
    onMail = async () => {
      if (sent.length === 7) await changeWave(deps(), 'pause', 'stop', BY);
    };
    await run('pause');
    expect([sent.length, new Set(mailsTo('pause')).size, await stateOf('pause')]).toEqual([7, 7, 'stopped']);
    expect([await changeWave(deps(), 'pause', 'resume', BY), await changeWave(deps(), 'nobody', 'start', BY)]).toEqual([
      'state',
      'unknown',
    ]);
    await run('pause');
    expect((await usersOf(listed)).filter(({ mails }) => mails).length).toBe(7);
  });

  test('S239 a wave keeps its rate within 2 %, its hours and its size, also after a break of the server', async () => {
    await list('rate', figure(2000, 300));
    const rate = figure(250, 40);
    clock.now += 10.9 * HOUR_MS;
    const size = figure(1900, 290);
    await start('rate', { segment: 'rate', rate, size });
    await run('rate');
    expect(sent.length).toBe(size);
    const inJapan = (at: number): number => ((at + 9 * HOUR_MS) % DAY_MS) / HOUR_MS;
    expect(sent.every(({ at }) => inJapan(at) >= 9 && inJapan(at) < 21)).toBe(true);
    // It was begun six minutes before the evening, and went on in the morning.
    const evening = sent.filter(({ at }) => inJapan(at) > 20);
    const morning = sent.filter(({ at }) => inJapan(at) < 20);
    for (const half of [evening, morning]) {
      const [first, last] = [half[0]?.at ?? 0, half.at(-1)?.at ?? 0];
      const measured = (half.length - 1) / ((last - first) / MINUTE_MS);
      expect(Math.abs(measured / rate - 1)).toBeLessThan(0.02);
    }
    await list('away', 6);
    await start('away', { segment: 'away' });
    answers = Array.from({ length: 9 }, () => Object.assign(new Error('away'), { code: 'ECONNECTION' }));
    await run('away');
    expect([new Set(mailsTo('away')).size, mailsTo('away').length, await stateOf('away')]).toEqual([6, 6, 'done']);
  });

  test('S239 those who stopped the mails, came back, have moved or are not meant get nothing, and a reminder reaches only those who have not finished', async () => {
    const listed = await list('who', 8);
    const stop = { wave: 'x', address: addressId(config.keys.campaignMail, 'who-0@example.jp') };
    await stopMails(deps(), stop, 'complained');
    const taken = (index: number, step: 'came' | 'completed') => ({
      ...ids.identityOf('owners-site', ''),
      id: listed[index] ?? '',
      at: clock.now,
      step,
    });
    await own.storage.population.follow(taken(1, 'completed'));
    await own.storage.population.follow(taken(2, 'came'));
    await start('who', { segment: 'who', size: 4 });
    const wave = await own.storage.waves.find('who');
    if (!wave) throw new Error('there is no wave');
    const dry = await dryRun(deps(), wave);
    expect([dry.mailed, dry.samples.every(({ email }) => email === 'w***@example.jp')]).toEqual([4, true]);
    answers = [undefined, Object.assign(new Error('550'), { responseCode: 550, command: 'RCPT TO' })];
    await run('who');
    expect(sent.length).toBe(3);
    expect(sent.map(({ to }) => to)).not.toContain('who-0@example.jp');

    await own.storage.population.settle();
    const mailed = (await usersOf(listed)).filter(({ mails }) => mails?.[0]?.outcome === 'sent');
    await own.storage.population.follow({ ...taken(0, 'completed'), id: mailed[0]?.id ?? '' });
    clock.now += 13 * DAY_MS;
    sent = [];
    await start('early', { segment: 'who', kind: 'reminder' });
    await run('early');
    expect(sent).toEqual([]);
    clock.now += 2 * DAY_MS;
    await start('later', { segment: 'who', kind: 'reminder' });
    await run('later');
    // Two of the three who got the first mail, and the one who came without.
    expect(sent.map(({ to, template }) => [to.startsWith('who-'), template])).toEqual(
      Array.from({ length: 3 }, () => [true, 'migration-reminder']),
    );
    expect(
      (await usersOf(listed)).flatMap(({ mails = [] }) => (mails.length > 1 ? [mails.map((mail) => mail.wave)] : [])),
    ).toEqual([
      ['who', 'later'],
      ['who', 'later'],
    ]);
  });
}

describe('on SQLite', () => declare(() => undefined));
describeOnMongo(({ url }) => declare(url));
