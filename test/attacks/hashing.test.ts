// Attacks on the lane for password hashes, and on its timing: design/security-2.md S109 and S124.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type bcrypt from 'bcrypt';
import {
  createPasswordHasher,
  HashingLaneFull,
  type HashAsker,
  type HasherOptions,
} from '../../src/authentication/password/password-hash.ts';
import { freePorts } from '../support/free-ports.ts';
import { sendRaw, type Answer, type BrowserOptions } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { begin, returned, signIn } from './support/client.ts';
import { countHashWork } from './support/hash-work.ts';
import { freshEmail, PASSWORD, PROFILE, registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(120_000);

/** A hasher that finishes when the test says so. */
function slowHasher(options: Partial<HasherOptions> = {}) {
  const underWay: { password: string; end: () => void }[] = [];
  const refused: string[] = [];
  let now = 1_000_000_000_000;
  const work = async (password: string): Promise<void> => new Promise((resolve) => underWay.push({ password, end: resolve }));
  const hasher = createPasswordHasher({
    cost: 12,
    concurrency: 1,
    queueLimit: 8,
    clock: () => now,
    onRefused: (reason) => refused.push(reason),
    algorithm: {
      compare: async (password: string) => work(password).then(() => false),
      hash: async (password: string) => work(password).then(() => 'hash'),
    } as unknown as typeof bcrypt,
    ...options,
  });
  const settled: string[] = [];
  return {
    refused,
    underWay,
    settled,
    advance: (milliseconds: number) => void (now += milliseconds),
    /** Requests a hash, and records the name when it is answered. */
    ask(name: string, asker: HashAsker): void {
      hasher.hash(name, asker).then(
        () => settled.push(name),
        (error: unknown) => settled.push(`${error instanceof HashingLaneFull ? 'refused' : 'failed'} ${name}`),
      );
    },
    /** Finishes the running hash, and all that follow. */
    async finish(): Promise<string[]> {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const one = underWay.shift();
        if (!one) return settled;
        one.end();
      }
    },
    refusal: async (asker: HashAsker) => hasher.hash('x', asker).catch((error: unknown) => error as HashingLaneFull),
  };
}

const asker = (ip: string, id: string, more: Partial<HashAsker> = {}): HashAsker => ({
  network: ip.split('.').slice(0, 3).join('.'),
  source: ip,
  subject: { kind: 'account', id },
  ...more,
});

describe('the hashing lane', () => {
  test('S109 a flood from one network, address or account: all others keep a place and a turn', async () => {
    const lane = slowHasher();
    // One runs, six wait, and the two places of known devices stay free; the other three are refused.
    for (let n = 0; n < 10; n += 1) lane.ask(`flood ${n}`, asker('10.0.0.1', 'flood'));
    lane.ask('neighbour', asker('10.0.0.2', 'a'));
    lane.ask('other account', asker('10.0.0.1', 'b'));
    lane.ask('elsewhere', asker('10.9.9.9', 'c'));
    lane.ask('known', asker('10.0.0.1', 'd', { knownDevice: 'device' }));
    const order = await lane.finish();
    const served = order.filter((name) => !name.startsWith('refused'));
    expect(served.slice(0, 5)).toEqual(['flood 0', 'known', 'elsewhere', 'neighbour', 'other account']);
    // The running hash continued, and three waiting ones gave up their places.
    expect(order.filter((name) => name.startsWith('refused'))).toHaveLength(3 + 3);
    expect(lane.refused).toEqual(Array(6).fill('full'));
  });

  test.each([
    { what: 'six networks with one place each: a seventh gets none', waiting: [1, 1, 1, 1, 1, 1], from: 7, gives: false },
    { what: 'a network with one place, beside one with two: it gets no second', waiting: [1, 2, 1, 1, 1], from: 1, gives: false },
    {
      what: 'a network with one place, beside one with three: it gets one of these',
      waiting: [1, 3, 1, 1],
      from: 1,
      gives: true,
    },
  ])('S109 a full queue, and $what', async ({ waiting, from, gives }) => {
    const lane = slowHasher();
    lane.ask('running', asker('10.99.0.1', 'z'));
    const ip = (network: number, place: number): string => `10.0.${network}.${place}`;
    for (const [index, places] of waiting.entries())
      for (let place = 1; place <= places; place += 1) lane.ask(`${index + 1}`, asker(ip(index + 1, place), `${index}-${place}`));
    lane.ask('newcomer', asker(ip(from, 99), 'newcomer'));
    const refused = (await lane.finish()).filter((name) => name.startsWith('refused'));
    expect(refused).toEqual([gives ? 'refused 2' : 'refused newcomer']);
  });

  test('S109 a full queue with floods from two networks, one a place larger: a neighbour of the smaller flood gets one of its places', async () => {
    const lane = slowHasher();
    lane.ask('running', asker('10.99.0.1', 'z'));
    for (const [flood, ip, places] of [
      ['larger', '10.0.1.1', 3],
      ['smaller', '10.0.2.1', 2],
      ['one', '10.0.3.1', 1],
    ] as const)
      for (let n = 0; n < places; n += 1) lane.ask(flood, asker(ip, flood));
    lane.ask('neighbour', asker('10.0.2.2', 'neighbour'));
    expect((await lane.finish()).filter((name) => name.startsWith('refused'))).toEqual(['refused smaller']);
  });

  test.each([
    ['networks', ['10.0.1.1', '10.0.2.1'], '10.0.3.1'],
    ['addresses of a network', ['10.0.1.1', '10.0.1.2'], '10.0.1.3'],
  ])(
    'S109 a full queue with two equal floods from %s: the one that joined last gives up its last place',
    async (_, floods, ip) => {
      for (const [first = '', second = ''] of [floods, floods.toReversed()]) {
        const lane = slowHasher();
        lane.ask('running', asker('10.99.0.1', 'z'));
        // The flood that joined first also has the last place.
        for (const [from, place] of [
          [first, 1],
          [second, 1],
          [second, 2],
          [first, 2],
          [second, 3],
          [first, 3],
        ] as const)
          lane.ask(`${from} ${place}`, asker(from, 'flood'));
        lane.ask('newcomer', asker(ip, 'newcomer'));
        expect((await lane.finish()).filter((name) => name.startsWith('refused'))).toEqual([`refused ${second} 3`]);
      }
    },
  );

  test('S109 more hashes a minute than an address, an account or a draft may have: refused with a waiting time, and counted', async () => {
    const lane = slowHasher({ queueLimit: 1000, perMinute: { address: 30, account: 20, draft: 10 } });
    lane.advance(20_000 - (1_000_000_000_000 % 60_000));
    for (let n = 0; n < 12; n += 1) lane.ask('draft', asker('10.0.0.1', 'a', { subject: { kind: 'draft', id: 'a' } }));
    for (let n = 0; n < 12; n += 1) lane.ask('account', asker('10.0.0.2', 'a'));
    for (let n = 0; n < 12; n += 1) lane.ask('account', asker('10.0.0.3', 'a'));
    for (let n = 0; n < 32; n += 1) lane.ask('source', asker('10.0.0.4', `${n}`));
    // The owner's own browser is not affected.
    for (const [ip, id] of [
      ['10.0.0.4', 'own'],
      ['10.0.0.9', 'a'],
    ] as const)
      lane.ask('known', asker(ip, id, { knownDevice: 'device' }));
    const refusal = await lane.refusal(asker('10.0.0.4', 'other'));
    expect((refusal as HashingLaneFull).retryAfterSeconds).toBe(40);
    const answers = Object.groupBy(await lane.finish(), (name) => name);
    const counts = Object.fromEntries(Object.entries(answers).map(([name, all]) => [name, all?.length]));
    expect(counts).toEqual({
      draft: 10,
      'refused draft': 2,
      account: 20,
      'refused account': 4,
      source: 30,
      'refused source': 2,
      known: 2,
    });
    expect(
      Object.fromEntries(
        Object.entries(Object.groupBy(lane.refused, (reason) => reason)).map(([name, all]) => [name, all?.length]),
      ),
    ).toEqual({
      draft: 2,
      account: 4,
      source: 3,
    });
    lane.advance(40_000);
    lane.ask('next minute', asker('10.0.0.4', 'x'));
    expect((await lane.finish()).at(-1)).toBe('next minute');
  });

  test('S109 clients that retry at once: the refusal waits, and a thousand wait at most', async () => {
    const lane = slowHasher({ queueLimit: 0, refusalDelayMs: 600 });
    for (let n = 0; n < 1 + 1000 + 1; n += 1) lane.ask(`${n}`, asker('10.0.0.1', 'a'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(lane.settled).toEqual(['refused 1001']);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(lane.settled).toHaveLength(1001);
    for (const name of ['again', 'once more']) lane.ask(name, asker('10.0.0.1', 'a'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(lane.settled).toHaveLength(1001);
  });

  test('S124 an account whose hash has a lower or higher cost than today: every failure takes the same work', async () => {
    let work = 0;
    const counting = {
      compare: async (_password: string, hash: string) => {
        work += 2 ** Number(hash.split('$')[2]);
        return hash.includes('right');
      },
      hash: async () => 'unused',
    } as unknown as typeof bcrypt;
    const noted: number[] = [];
    const make = (cost: number, highestCost?: number) =>
      createPasswordHasher({
        cost,
        concurrency: 1,
        queueLimit: 10,
        algorithm: counting,
        onCostlier: (dearer) => noted.push(dearer),
        ...(highestCost === undefined ? {} : { highestCost }),
      });
    const hashOf = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`;
    const costOf = async (action: () => Promise<boolean>): Promise<number> => {
      work = 0;
      expect(await action()).toBe(false);
      return work;
    };
    const raised = make(12);
    for (const cost of [4, 8, 10, 11, 12]) expect(await costOf(async () => raised.verify('wrong', hashOf(cost)))).toBe(2 ** 12);
    for (const other of ['malformed', hashOf(31)]) expect(await costOf(async () => raised.verify('wrong', other))).toBe(2 ** 12);
    expect(await costOf(async () => raised.verify('x'.repeat(73), hashOf(10)))).toBe(2 ** 12);
    expect(await costOf(async () => raised.verifyAgainstNothing('wrong'))).toBe(2 ** 12);
    expect(noted).toEqual([]);

    // The cost was lowered, so earlier accounts are more expensive. Once that is known, every failure costs as much from the first attempt on.
    const lowered = make(10, 12);
    for (const cost of [10, 12]) expect(await costOf(async () => lowered.verify('wrong', hashOf(cost)))).toBe(2 ** 12);
    expect(await costOf(async () => lowered.verifyAgainstNothing('wrong'))).toBe(2 ** 12);
    const unaware = make(10);
    expect(await costOf(async () => unaware.verify('wrong', hashOf(12)))).toBe(2 ** 12);
    expect(await costOf(async () => unaware.verifyAgainstNothing('wrong'))).toBe(2 ** 12);
    expect(noted).toEqual([12]);
  });
});

describe('in the program', () => {
  let world: World;
  let adminPort = 0;
  const hashWork = countHashWork();
  beforeAll(async () => {
    [adminPort = 0] = await freePorts(1);
    world = await startWorld({ env: { PASSWORD_HASH_COST: '8', ADMIN_PORT: String(adminPort), ...hashWork.env } });
  });
  afterAll(async () => {
    await world?.close();
    hashWork.remove();
  });

  test('S109 eighty connections post ⑦ of one draft: others sign in, and refused people get a waiting time in their language, without log entries', async () => {
    const { browser } = await registerUpTo(world, 'profile', { email: freshEmail() });
    const form = browser.form('/create/profile');
    const others = await Promise.all(Array.from({ length: 8 }, async () => (await begin(world, 'attack-web')).browser));
    const logged = world.nodes[0]?.output().length ?? 0;
    // All in one minute by the stopped clock: in the next minute ten more would be hashed.
    const answers: Answer[] = [];
    await world.withClockStopped(async () => {
      const flood = Array.from({ length: 80 }, async (_, n) =>
        browser.copy({ language: n % 2 ? 'en' : 'ja' }).post(form, { ...PROFILE, password: PASSWORD }, { mayFail: true }),
      );
      const logins = others.map(async (other) => returned(await signIn(other)).has('code'));
      expect(await Promise.all(logins)).toEqual(Array(8).fill(true));
      answers.push(...(await Promise.all(flood)));
    });
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.length - refused.length).toBeLessThanOrEqual(10);
    for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.some(({ text }) => text.includes('ただいま混み合っています') && /あと\d+秒/.test(text))).toBe(true);
    expect(refused.some(({ text }) => /try again in about \d+ sec/.test(text))).toBe(true);
    expect(world.nodes[0]?.output().slice(logged)).not.toContain('too many passwords');
    const metrics = (await sendRaw(`http://127.0.0.1:${adminPort}/metrics`)).text;
    expect(Number(/hashes_refused_total\{reason="draft"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(0);
  });

  test('S124 the cost is lowered, and a process starts: it knows the more expensive hashes before the first attempt', async () => {
    const file = new DatabaseSync(join(world.directory, 'data/common-id.sqlite'), { readOnly: true });
    const marks = (): number =>
      Number(file.prepare("SELECT count(*) AS n FROM counters WHERE key LIKE 'password-hash-cost:%'").get()?.n);
    expect(marks()).toBe(1);
    const node = await world.addNode({ PASSWORD_HASH_COST: '4', ADMIN_PORT: '' });
    expect(marks()).toBe(2);
    // The work for an unknown ID is still 2^8.
    const workOf = async (options: BrowserOptions): Promise<number> => {
      const { browser } = await begin(world, 'attack-web');
      const typed = { login_id: freshEmail(), password: 'Wrong-0000' };
      return hashWork.of(async () => browser.copy(options).post('/login', typed));
    };
    expect({ before: await workOf({}), after: await workOf({ port: node.port }) }).toEqual({ before: 2 ** 8, after: 2 ** 8 });
    file.close();
  });
});
