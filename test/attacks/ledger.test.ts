// Attacks on the ledger by a person who can write the database. design/security-2.md, S128.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rows } from '../../scripts/admin/storage-copy/rows.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import { anchorDaily } from '../../src/jobs/anchor-ledger.ts';
import { closedHash, FIRST_PREVIOUS_HASH } from '../../src/storage/closed-ledger.ts';
import { contentOf, createAnchorKey, takeAnchor } from '../../src/storage/ledger-anchor.ts';
import { createLedgerChain, partitionOf } from '../../src/storage/ledger-chain.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { LedgerEvent, Storage } from '../../src/storage/storage.ts';
import { verifyLedger, type LedgerVerdict } from '../../src/storage/verify-ledger.ts';
import { runAdmin } from '../scripts/run-admin.ts';
import { eventAbout } from '../storage/conformance/samples.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../storage/mongo-server.ts';
import { openPatiently } from '../storage/open-patiently.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { LEDGER_KEY, ledgerOf } from '../support/ledger-of.ts';
import { describeInFull } from './support/describe-in-full.ts';
import { figure } from './support/figure.ts';
import { makeOldDatabase, rewrite } from './support/ledger-behind.ts';

jest.setTimeout(180_000);

const HOUR = 60 * 60 * 1000;
const NOON = Date.parse('2026-11-01T12:00:00Z');
/** Two subjects with events in two partitions. */
const [HERS, HIS] = ['her account', 'his account'];
const [MINE, OTHER] = [partitionOf(HERS), partitionOf(HIS)];
const THEIRS = makeSecretKeys({ hmac: 'a key of somebody else, long enough', subject: undefined, ledger: undefined }).ledger;

type Entry = Rows['ledger_entries'];
type Change = (entries: Entry[]) => Entry[];

/** Changes her partition, and leaves the others unchanged. */
const inMine =
  (change: Change): Change =>
  (entries) => [
    ...entries.filter(({ partition }) => partition !== MINE),
    ...change(entries.filter(({ partition }) => partition === MINE)),
  ];
const at = (sequence: number, change: (entry: Entry) => Entry): Change =>
  inMine((entries) => entries.map((entry) => (entry.sequence === sequence ? change(entry) : entry)));
const eventOf = ({ type, subject, data, at: time }: Entry): LedgerEvent => ({
  type,
  subject,
  data: JSON.parse(data) as LedgerEvent['data'],
  at: time,
});
/** The same events in a chain that is consistent in itself, under another key or with other data. */
const madeAnew =
  (key = THEIRS, changed = '{"n":99}'): Change =>
  (entries) => {
    let last = { sequence: 0, hash: FIRST_PREVIOUS_HASH };
    return entries.map((entry) => {
      const data = entry.sequence === 2 ? changed : entry.data;
      const next = createLedgerChain(key).next(last, { ...eventOf({ ...entry, data }), event_id: entry.event_id });
      last = next;
      return { ...next, data };
    });
  };

const found = (kind: string, sequence: number, partition = MINE) => ({ part: 'partition', partition, sequence, kind });

/** Each change with its expected finding. The first ones are the short form on MongoDB. */
const CASES: [string, Change, object[]][] = [
  ['an entry rewritten', at(3, (entry) => ({ ...entry, data: '{"n":99}' })), [found('changed', 3)]],
  ['an entry removed', inMine((all) => all.filter(({ sequence }) => sequence !== 3)), [found('missing', 3)]],
  ['the end cut off', inMine((all) => all.slice(0, 5)), [found('cut_off', 6)]],
  ['a whole chain replaced', inMine(madeAnew()), [found('wrong_key', 1), found('replaced', 4), found('replaced', 6)]],
  ['an entry spoiled', at(3, (entry) => ({ ...entry, data: '{"n":' })), [found('changed', 3)]],
  ['an entry whose time was changed', at(3, (entry) => ({ ...entry, at: entry.at + 1 })), [found('changed', 3)]],
  [
    'an entry rewritten with the hash of an unkeyed chain',
    at(3, (entry) => ({ ...entry, data: '{}', hash: closedHash(entry.previous_hash, { ...eventOf(entry), data: {} }) })),
    [found('changed', 3), found('changed', 4)],
  ],
  ['the first entry removed', inMine((all) => all.slice(1)), [found('missing', 1)]],
  [
    'an entry removed, and the later ones numbered anew',
    inMine((all) => all.filter((entry) => entry.sequence !== 7).map((entry, n) => ({ ...entry, sequence: n + 1 }))),
    [found('changed', 7)],
  ],
  [
    'two entries in each other’s place',
    inMine((all) => [0, 2, 1, 3, 4, 5, 6, 7].map((n, index) => ({ ...(all[n] as Entry), sequence: index + 1 }))),
    [found('changed', 2), found('changed', 3), found('changed', 4)],
  ],
  [
    'an entry appended without the key',
    inMine((all) => [
      ...all,
      { ...(all[7] as Entry), sequence: 9, event_id: 'new', previous_hash: String(all[7]?.hash), hash: 'ab'.repeat(32) },
    ]),
    [found('changed', 9)],
  ],
  ['a whole chain removed', inMine(() => []), [found('cut_off', 1)]],
  ['a whole chain replaced by somebody with the key', inMine(madeAnew(LEDGER_KEY)), [found('replaced', 4), found('replaced', 6)]],
  [
    'a whole chain put into another partition',
    (all) => all.map((entry) => ({ ...entry, partition: entry.partition === MINE ? OTHER : MINE })),
    expect.arrayContaining([found('changed', 1), found('changed', 1, OTHER)]) as unknown as object[],
  ],
];

const suites: [string, true | { reason: string }][] = [
  ['SQLite', true],
  ['MongoDB', mongoServerAvailable()],
];
for (const [name, available] of suites) {
  const suite = available === true ? describe : describe.skip;
  suite(available === true ? `on ${name}` : `on ${name} (skipped: ${available.reason})`, () => {
    let server: MongoServer | undefined;
    let folder: string;
    let url: string;
    let now: number;
    beforeAll(async () => {
      if (name === 'MongoDB') server = await startMongoServer();
    });
    afterAll(() => server?.stop());
    beforeEach(async () => {
      now = NOON;
      folder = await mkdtemp(join(tmpdir(), 'ledger-'));
      url = server ? `${server.url}/ledger_${randomUUID().slice(0, 8)}` : `sqlite:${join(folder, 'common-id.sqlite')}`;
      if (!server) return;
      const { createMongoIndexes } = await import('../../src/storage/mongo/create-mongo-indexes.ts');
      await createMongoIndexes(url);
    });
    afterEach(() => rm(folder, { recursive: true }));

    async function within<T>(use: (storage: Storage) => Promise<T>): Promise<T> {
      const storage = await openPatiently(url, () => now);
      try {
        return await use(storage);
      } finally {
        await storage.close();
      }
    }

    const verify = async (outside: string[] = [], keys = [LEDGER_KEY]): Promise<LedgerVerdict> =>
      within(async ({ ledger }) => verifyLedger(ledger, keys, outside));
    const anchorIn = async ({ ledger }: Storage): Promise<string> =>
      (await takeAnchor(ledger, createAnchorKey(LEDGER_KEY), now)).document;
    const anchor = async (): Promise<string> => within(anchorIn);

    async function appendTo({ ledger }: Storage, from: number, to: number): Promise<void> {
      for (let n = from; n <= to; n += 1) {
        await ledger.append({ ...eventAbout(HERS), data: { n }, at: now }, `${n}`);
        if (n <= 3) await ledger.append({ ...eventAbout(HIS), data: { n }, at: now }, `his ${n}`);
      }
      await ledger.settle();
    }
    const append = async (from: number, to: number): Promise<void> => within(async (storage) => appendTo(storage, from, to));

    /** Fills the person's partition with 8 entries. The second anchor covers 6 of them. Returns the anchors. */
    async function fill(): Promise<string[]> {
      return within(async (storage) => {
        await appendTo(storage, 1, 4);
        const anchors = [await anchorIn(storage)];
        await appendTo(storage, 5, 6);
        anchors.push(await anchorIn(storage));
        await appendTo(storage, 7, 8);
        return anchors;
      });
    }

    test('S128 an untouched ledger: verified as intact, with its anchors', async () => {
      const anchors = await fill();
      expect(await verify(anchors)).toEqual({
        sound: true,
        findings: [],
        count: { findings: 0, closed: 0, entries: 11, anchors: 2, outside: 2, afterLastAnchor: 2 },
        lastAnchorAt: NOON,
      });
    });

    test.each(CASES.slice(0, name === 'SQLite' ? CASES.length : figure(CASES.length, 4)))(
      'S128 %s: detected, with partition, sequence and kind',
      async (_, change, findings) => {
        await fill();
        await rewrite(url, 'ledger_entries', change);
        const verdict = await verify();
        expect(verdict.sound).toBe(false);
        expect(verdict.findings).toEqual(findings);
      },
    );

    test.each<[string, (rows: Rows['ledger_anchors'][]) => Rows['ledger_anchors'][], string, number]>([
      ['rewritten', ([a, b]) => [a!, { ...b!, document: `${b!.document.slice(0, 60)}A${b!.document.slice(61)}` }], 'changed', 2],
      ['removed', ([, b]) => [b!], 'missing', 1],
      ['doubled', ([a, b]) => [a!, { ...b!, document: a!.document }], 'changed', 2],
      [
        'of a copy that went on by itself',
        ([a, b]) => [a!, { ...b!, document: createAnchorKey(LEDGER_KEY).sign({ ...contentOf(b!), previous: 'f'.repeat(64) }) }],
        'changed',
        2,
      ],
    ])('S128 an anchor %s: it is found', async (_, change, kind, sequence) => {
      await fill();
      await rewrite(url, 'ledger_anchors', change);
      expect((await verify()).findings).toContainEqual({ part: 'anchors', sequence, kind });
    });

    test('S128 an anchor signed with another key: detected', async () => {
      await fill();
      const forged = createAnchorKey(THEIRS).sign({
        number: 2,
        at: now,
        heads: [],
        previous: null,
        origin: { sequence: 0, hash: FIRST_PREVIOUS_HASH },
      });
      await rewrite(url, 'ledger_anchors', ([first]) => [first!, { sequence: 2, document: forged }]);
      expect((await verify()).findings).toEqual([{ part: 'anchors', sequence: 2, kind: 'wrong_key' }]);
    });

    test('S128 the database replaced by an older copy: only an anchor that was kept elsewhere shows it', async () => {
      const anchors = await fill();
      await rewrite(url, 'ledger_anchors', (rows) => rows.slice(0, 1));
      await rewrite(
        url,
        'ledger_entries',
        inMine((all) => all.slice(0, 4)),
      );
      expect(await verify()).toMatchObject({ sound: true });
      const cutOff = [{ part: 'anchors', sequence: 2, kind: 'cut_off' }, found('cut_off', 5)];
      expect((await verify(anchors)).findings).toEqual(cutOff);
      // Further events do not hide it.
      await append(9, 12);
      await anchor();
      expect((await verify(anchors)).findings).toEqual([
        { part: 'anchors', sequence: 2, kind: 'replaced' },
        found('replaced', 6),
      ]);
    });

    test('S128 entries after the last anchor cut off: not detected, and the verdict says how many entries have no anchor', async () => {
      const anchors = await fill();
      await rewrite(
        url,
        'ledger_entries',
        inMine((all) => all.slice(0, 6)),
      );
      expect(await verify(anchors)).toMatchObject({ sound: true, count: { afterLastAnchor: 0 } });
    });

    test('S128 anchors removed, or never made, for more than two days: detected', async () => {
      await fill();
      now += 49 * HOUR;
      await append(9, 9);
      expect((await verify()).findings).toEqual([found('not_anchored', 9)]);
      await anchor();
      expect((await verify()).sound).toBe(true);
      await rewrite(url, 'ledger_anchors', () => []);
      expect((await verify()).findings).toEqual([found('not_anchored', 9)]);
    });

    test('S128 the key was changed: with the earlier key too it is intact, without it one finding for each chain says so', async () => {
      await fill();
      const storage = await openStorage(url, () => now, undefined, THEIRS);
      await storage.ledger.append({ ...eventAbout(HERS), at: now }, 'later');
      await takeAnchor(storage.ledger, createAnchorKey(THEIRS), now);
      await storage.close();
      expect((await verify([], [THEIRS, LEDGER_KEY])).findings).toEqual([]);
      expect((await verify([], [THEIRS])).findings).toEqual([
        { part: 'anchors', sequence: 1, kind: 'wrong_key' },
        { part: 'anchors', sequence: 2, kind: 'wrong_key' },
        ...[MINE, OTHER].toSorted((a, b) => a - b).map((partition) => found('wrong_key', 1, partition)),
      ]);
    });

    describe('of an earlier version', () => {
      /** Five entries in one chain without a key. */
      function oldLedger(data = '{"n":1}'): Rows['ledger'][] {
        let previous_hash = FIRST_PREVIOUS_HASH;
        return [1, 2, 3, 4, 5].map((sequence) => {
          const event = { ...eventAbout(HERS), data: JSON.parse(data) as LedgerEvent['data'] };
          const hash = closedHash(previous_hash, event);
          const entry = { ...event, data, sequence, previous_hash, hash };
          previous_hash = hash;
          return entry;
        });
      }

      test('S128 an existing database: its chain is verified, closed and kept, and the partitions begin with its last hash', async () => {
        const entries = oldLedger();
        await makeOldDatabase(url, entries);
        await append(1, 2);
        await within(async (storage) => {
          expect(await storage.ledger.origin()).toEqual({ sequence: 5, hash: entries[4]?.hash, finding: null });
          const closed = await storage.ledger.readClosed(0, 10);
          expect(closed.map(({ hash }) => hash)).toEqual(entries.map(({ hash }) => hash));
          const firsts = (await ledgerOf(storage)).filter(({ sequence }) => sequence === 1);
          expect(firsts.map(({ previous_hash }) => previous_hash)).toEqual([entries[4]?.hash, entries[4]?.hash]);
        });
        await anchor();
        expect(await verify()).toMatchObject({ sound: true, count: { closed: 5, entries: 4 } });
      });

      test.each<[string, (rows: Rows['ledger'][]) => Rows['ledger'][], string, number]>([
        ['an entry rewritten', (all) => all.map((each) => (each.sequence === 2 ? { ...each, data: '{}' } : each)), 'changed', 2],
        ['an entry removed', (all) => all.filter(({ sequence }) => sequence !== 2), 'missing', 2],
        ['the end cut off', (all) => all.slice(0, 3), 'cut_off', 4],
        ['all of it made anew', () => oldLedger('{"n":2}'), 'replaced', 5],
      ])('S128 a closed ledger, %s after it was closed: it is found', async (_, change, kind, sequence) => {
        await makeOldDatabase(url, oldLedger());
        await append(1, 1);
        await rewrite(url, 'ledger', change);
        expect((await verify()).findings).toContainEqual({ part: 'closed', sequence, kind });
      });

      test('S128 a chain that was broken before: every start says so, the service runs, and the ledger is never called intact', async () => {
        await makeOldDatabase(
          url,
          oldLedger().map((each) => (each.sequence === 3 ? { ...each, data: '{"n":"other"}' } : each)),
        );
        const told: object[] = [];
        const log = { info: () => undefined, warn: (fields: object) => told.push(fields) };
        for (let n = 0; n < 2; n += 1) {
          const storage = await openStorage(url, () => now, log as never, LEDGER_KEY);
          await storage.ledger.append(eventAbout(HERS), `${n}`);
          await storage.close();
        }
        expect(told).toMatchObject([{ finding: 'entry 3 is changed' }, { finding: 'entry 3 is changed' }]);
        expect((await verify()).findings).toEqual([{ part: 'closed', sequence: 3, kind: 'changed' }]);
      });
    });

    test('S128 the daily job: one anchor a day from any node, also in the file, and a rolled back ledger is reported', async () => {
      const file = join(folder, 'anchors');
      const errors: object[] = [];
      const log = { info: () => undefined, error: (fields: object) => errors.push(fields) };
      const config = { keys: { ledger: LEDGER_KEY }, ledgerAnchorFile: file };
      const run = async (): Promise<void> =>
        within(async (storage) => anchorDaily({ config, storage, clock: () => now, log } as never));
      await append(1, 2);
      for (let hours = 0; hours <= 48; hours += 8) {
        await run();
        now += 8 * HOUR;
      }
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      expect(lines).toHaveLength(3);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await within(async ({ ledger }) => (await ledger.anchors(0, 9)).map(({ document }) => document))).toEqual(lines);
      expect(errors).toEqual([]);
      await rewrite(url, 'ledger_anchors', (rows) => rows.slice(0, 1));
      await run();
      expect(errors).toMatchObject([{ detail: expect.stringContaining('lacks the anchor 3') }]);
      expect((await readFile(file, 'utf8')).trim().split('\n')).toEqual(lines);
    });

    const suiteOfCommands = name === 'SQLite' ? (declare: () => void) => declare() : describeInFull;
    suiteOfCommands(() =>
      test('S128 the commands: verify says where it is broken and ends with 1, anchor signs and writes, list lists', async () => {
        const secret = 'the ledger key of this installation, 0123456789';
        const key = makeSecretKeys({ hmac: 'x', subject: undefined, ledger: secret }).ledger;
        const storage = await openStorage(url, Date.now, undefined, key);
        for (let n = 1; n <= 3; n += 1) await storage.ledger.append({ ...eventAbout(HERS), at: Date.now() }, `${n}`);
        await storage.close();
        const env = { ...CHILD_ENVIRONMENT, DATABASE_URL: url, DATA_DIRECTORY: folder, LEDGER_KEY: secret };
        const admin = async (...args: string[]) => runAdmin(['ledger', ...args], { env });
        const file = join(folder, 'kept');
        const anchored = await admin('anchor', '--to', file);
        expect(anchored).toMatchObject({ code: 0, out: await readFile(file, 'utf8'), err: '' });
        expect(JSON.parse((await admin('list', '--subject', HERS, '--json')).out)).toHaveLength(3);
        expect(await admin('verify', '--anchors', file)).toMatchObject({
          code: 0,
          out: expect.stringContaining('3 entries, 1 anchors, 1 kept elsewhere.\nThe ledger is sound.'),
        });
        await rewrite(
          url,
          'ledger_entries',
          at(2, (entry) => ({ ...entry, data: '{}' })),
        );
        const broken = await admin('verify');
        expect(broken.code).toBe(1);
        expect(broken.out).toContain(`1 findings:\n  - partition ${MINE}: entry 2 is not as it was written\n`);
        const told = JSON.parse((await admin('verify', '--json')).out) as LedgerVerdict;
        expect(told).toMatchObject({ sound: false, findings: [found('changed', 2)] });
        await writeFile(file, '');
        expect(await admin('verify', '--anchors', file)).toMatchObject({ code: 1, err: expect.stringContaining('no anchor') });
      }),
    );
  });
}
