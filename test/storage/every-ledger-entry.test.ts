// The whole ledger is read page by page.
import { expect, test } from '@jest/globals';
import { everyAnchor, everyClosedEntry, everyEntryOf, everyLedgerEntry } from '../../src/storage/every-ledger-entry.ts';
import { LEDGER_PARTITIONS } from '../../src/storage/ledger-chain.ts';

/** A ledger with this number of entries in its second partition, and as many anchors and closed entries. */
function ledgerWith(count: number) {
  const asked: number[] = [];
  const all = Array.from({ length: count }, (_, index) => ({ sequence: index + 1 }));
  const page = async (after: number, limit: number) => {
    asked.push(after);
    return all.slice(after, after + limit);
  };
  let settled = 0;
  const ledger = {
    settle: async () => void (settled += 1),
    read: async (partition: number, after: number, limit: number) => (partition === 1 ? page(after, limit) : []),
    readClosed: page,
    anchors: page,
  } as never;
  return { ledger, asked, settled: () => settled };
}

async function sequencesOf(entries: AsyncIterable<{ sequence: number }>): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of entries) sequences.push(sequence);
  return sequences;
}

test.each([0, 1, 999, 1000, 1001, 2500])('%i entries: each once, in order', async (count) => {
  const expected = Array.from({ length: count }, (_, index) => index + 1);
  for (const read of [everyLedgerEntry, everyAnchor, everyClosedEntry]) {
    expect(await sequencesOf(read(ledgerWith(count).ledger))).toEqual(expected);
  }
  expect(await sequencesOf(everyEntryOf(ledgerWith(count).ledger, 1))).toEqual(expected);
  expect(await sequencesOf(everyEntryOf(ledgerWith(count).ledger, LEDGER_PARTITIONS - 1))).toEqual([]);
});

test('pages of a thousand: no entry is asked for twice, and none after a short page', async () => {
  const { ledger, asked, settled } = ledgerWith(2500);
  await sequencesOf(everyLedgerEntry(ledger));
  expect([asked, settled()]).toEqual([[0, 1000, 2000], 1]);
});
