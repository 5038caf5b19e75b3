// A form whose answer was lost, sent again in the same browser: design/security-2.md 132, through HTTP.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { onSqlite } from '../../scripts/faults/faults.ts';
import type { Nodes } from '../../scripts/faults/fault.ts';
import type { Account } from '../../src/domain/account.ts';
import { startMongoProxy, type MongoProxy } from '../support/mongo-proxy.ts';
import { startNodeWorld, type NodeWorld } from '../support/node-world.ts';
import { rowsOf } from '../support/rows-of.ts';
import { AFTER_WRITE } from '../support/stop-file.ts';
import type { World } from '../support/world.ts';
import { holdAt } from './support/conflicts.ts';
import { describeInFull } from './support/describe-in-full.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { walkTwice, type Harm, type Press } from './support/walk-twice.ts';

jest.setTimeout(1_800_000);

/** The largest number of writes of one request. */
const WRITES = 14;

let people = 0;
const person = () => {
  people += 1;
  const name = `${people}.${randomUUID().slice(0, 8)}@example.jp`;
  return { email: `twice.${name}`, newEmail: `anew.${name}`, from: `127.${60 + (people >> 8)}.${people & 255}.1` };
};

/** One account, of the changed address, with one dealer link and one agreement to new terms; and only the expected mails. */
async function expectOnce(world: World, url: string, { email, newEmail }: ReturnType<typeof person>): Promise<void> {
  const accounts = (await rowsOf(url, 'accounts')).map(({ document }) => JSON.parse(document || '{}') as Account);
  expect(accounts.filter(({ email_canonical: now }) => now === email)).toEqual([]);
  const own = accounts.filter(({ email_canonical: now }) => now === newEmail);
  expect(own).toHaveLength(1);
  // One is from long ago.
  expect(own[0]?.terms).toHaveLength(2);
  const links = (await rowsOf(url, 'dealer_links')).map(({ document }) => JSON.parse(document) as { account_id: string });
  expect(links.filter(({ account_id: account }) => account === own[0]?.id)).toHaveLength(1);
  // After a crash it is unknown whether the mail was sent: it is sent once more, and not more often. Only a browser without
  // the cookie of its reset begins a new one with each request.
  for (const address of [email, newEmail]) {
    const subjects = (await world.messages(address)).map(({ subject }) => subject);
    // The dealer accepts twice: at ⑭, and when the failed link is retried.
    const most = (subject: string): number => (/パスワード|販売店との連携/.test(subject) ? 3 : 2);
    for (const subject of new Set(subjects)) {
      const count = subjects.filter((each) => each === subject).length;
      expect({ subject, count }).toEqual({ subject, count: Math.min(count, most(subject)) });
    }
  }
}

describe('on SQLite', () => {
  const backend = onSqlite();
  let nodes: Nodes;
  beforeAll(async () => {
    nodes = await backend.startNodes(1);
  });
  afterAll(async () => {
    await nodes?.stop();
    await backend.dispose();
  });

  /** These may leave a request without an answer. */
  const kills = new Set<Harm>();

  /** Kills the node after this number of writes; a request with fewer writes is answered. */
  const killAfter = (writes: number): Harm => {
    const harm: Harm = async (_, press) => {
      const [node] = nodes.nodes;
      if (!node) return;
      writeFileSync(nodes.stopFile, `${AFTER_WRITE}${writes} ${randomUUID()}`);
      const pressed = press().catch(() => undefined);
      await Promise.race([node.ended(), pressed]);
      if (existsSync(nodes.stopFile)) {
        rmSync(nodes.stopFile);
        return;
      }
      await node.kill();
      await pressed;
      await node.start();
    };
    kills.add(harm);
    return harm;
  };

  const lose: Harm = async (_, press) => void (await press());
  /** The head of the answer arrives, and the body is damaged. */
  const garble: Harm = async (_, press) => void (await press({ keepsCookies: true }));
  const together: Harm = async (_, press) => void (await Promise.all([press(), press()]));
  /** The request waits before its n-th write while the second one runs. */
  const delay =
    (n: number): Harm =>
    async (_, press) => {
      const held = await holdAt(nodes.directory, async (headers = {}) => press({ headers }), n, 'every');
      return async () => void (await held.release());
    };

  /** A request whose process lives never gets an error page. */
  const walkOnce = async (harmOf: (form: string) => Harm, mayMailLate = false): Promise<void> => {
    const who = person();
    const options = { world: nodes.world, url: nodes.database.directUrl, mayMailLate };
    await walkTwice(options, who, async (form, press) => {
      const harm = harmOf(form);
      return harm(form, async (how) => {
        const answer = await press(how);
        expect([form, answer.status < 500 || kills.has(harm) || answer.status]).toEqual([form, true]);
        return answer;
      });
    });
    await expectOnce(nodes.world, nodes.database.directUrl, who);
  };

  test('S132 each form is sent, and its answer is lost, late or damaged, or it is sent twice at once, or the program is killed meanwhile: the same form again succeeds, and no account, link or mail is doubled', async () => {
    const others: Record<string, Harm> = {
      '⑤ email': together,
      '⑥ code': killAfter(2),
      '⑦ profile': delay(1),
      '⑧ confirm': killAfter(2),
      '⑩ dealer link': garble,
      login: delay(2),
      '⑭ link': delay(2),
      'new terms': delay(1),
      '⑪ required': garble,
      '⑫ confirm': delay(1),
      retry: delay(1),
      'another address': together,
      'its code': delay(2),
      reset: garble,
      'new password': delay(2),
    };
    await walkOnce((form) => others[form] ?? lose);
  });

  describeInFull(() => {
    test.each(
      Object.entries({ lost: lose, garbled: garble, 'not waited for, and the form is pressed twice more at once': together }),
    )(
      'S132 each form is pressed, and its answer is %s: the same press again succeeds, and no account, link or mail is doubled',
      async (_, harm) => walkOnce(() => harm),
    );

    const counts = Array.from({ length: WRITES }, (_, n) => n);
    test.each(counts)(
      'S132 each form is sent, and the program is killed after %i writes of it: the same form again succeeds, and no account, link or mail is doubled',
      async (writes) => walkOnce(() => killAfter(writes), true),
    );

    test.each(counts)(
      'S132 each form is sent, and waits after %i writes while the same form is sent again: both succeed, and no account, link or mail is doubled',
      async (writes) => walkOnce(() => delay(writes + 1)),
    );
  });
});

// Without full figures, test/attacks/same-call-again.test.ts tries the same below HTTP.
describeInFull(() => {
  describeOnMongo(({ url }) => {
    let proxy: MongoProxy;
    let nodeWorld: NodeWorld;
    beforeAll(async () => {
      proxy = await startMongoProxy(url());
      nodeWorld = await startNodeWorld(1, () => proxy.url);
    });
    afterAll(async () => {
      await nodeWorld?.stop();
      await proxy?.close();
    });

    /** The writes of a request; jobs and the heartbeat are not harmed. */
    const isOfPress = (command: string): boolean =>
      /^(insert|update|delete|findAndModify) /.test(command) && !/ heartbeat$|^(findAndModify|update|delete) jobs$/.test(command);

    async function pressHarmed(form: string, press: Press): Promise<void> {
      const { status, headers } = await press();
      expect([form, status < 500 || status === 503 || status]).toEqual([form, true]);
      if (status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }

    const faults = ['lost', 'unanswered', 'garbled', 'late', 'held'] as const;
    const cases = Array.from({ length: WRITES }, (_, n) => faults.map((fault) => [n + 1, fault] as const)).flat();

    test.each(cases)(
      'S132 each form is sent, and write %i of it to the database is %s: the answer is 503 at worst, the same form again succeeds, if need be after its own 503, and nothing is doubled',
      async (n, fault) => {
        const who = person();
        // The driver may need to find the server again.
        const options = { world: nodeWorld.world, url: url(), retries: 1, mayMailLate: fault === 'late' };
        await walkTwice(options, who, async (form, press) => {
          proxy.harm(n, fault, isOfPress);
          const pressed = pressHarmed(form, press);
          // The second request is sent while one is held, and before a late one reaches the server.
          await (fault === 'held' ? Promise.race([proxy.untilStruck(), pressed]) : pressed);
          proxy.spare();
          return async () => {
            await proxy.release();
            await pressed;
          };
        });
        await expectOnce(nodeWorld.world, url(), who);
      },
    );
  });
});
