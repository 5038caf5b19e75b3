// Storage calls with an unknown outcome, repeated: design/security-2.md 132 and 133.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { expectChain } from '../storage/expect-whole.ts';
import { AGAINS, FAULTS, harmAndRepeat, openOthers, type Others } from '../storage/mongo/same-call-on-mongo.ts';
import { OPERATIONS, type Operation } from '../storage/same-call-operations.ts';
import { withMongo } from '../support/with-mongo.ts';
import { figure } from './support/figure.ts';
import { describeOnMongo } from './support/mongo-database.ts';

jest.setTimeout(600_000);

const IS_FULL = figure(1, 0) === 1;
/** Tries only each n-th case of an operation; more of operations that claim identifiers. */
const stepOf = ({ rival }: Operation): number => figure(1, rival ? 31 : 61);
const AT_ONCE = 8;

describeOnMongo(({ url, renew }) => {
  let others: Others;
  beforeAll(async () => {
    others = await openOthers(url());
  });
  afterAll(async () => others.close());

  test.each(OPERATIONS)(
    'S132 $name, and at each message of it the connection, the process or the answer is lost, and the same call is repeated: it ends as if it had been made once',
    async (operation) => {
      // A ledger of thousands of events is read repeatedly.
      if (IS_FULL) {
        await others.close();
        await renew();
        others = await openOthers(url());
      }
      const tried = await tryAll(url(), others, operation);
      expect(tried).toBeGreaterThanOrEqual(1);
      await expectChain(others.one);
      await withMongo(url(), async (connection) => {
        const unsettled = { unsettled_at: { $exists: true } };
        expect(await connection.collection('identifiers').countDocuments(unsettled)).toBe(0);
      });
    },
  );
});

/** Returns the number of cases. */
async function tryAll(url: string, others: Others, operation: Operation): Promise<number> {
  const ways = FAULTS.flatMap((fault) => AGAINS.map((again) => ({ fault, again }))).filter(
    ({ again }) => again !== 'behind a rival' || operation.rival,
  );
  let tried = 0;
  let at = 0;
  for (let n = 1, isOver = false; !isOver; n += 1) {
    const chosen = ways.filter(() => at++ % stepOf(operation) === 0);
    const waiting = [...chosen.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const [index, way] = next;
        const id = `${operation.name.replaceAll(' ', '-')}-${n}-${index}`;
        if (await harmAndRepeat(url, others, { operation, id, n, ...way })) tried += 1;
        else isOver = true;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  return tried;
}
