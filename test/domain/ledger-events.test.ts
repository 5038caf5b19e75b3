// The table of ledger events and the table in docs/storage.md are the same.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { LEDGER_EVENTS } from '../../src/domain/ledger-events.ts';
import type { Records } from '../../src/storage/records.ts';

type Entry = { subject: string; data: Record<string, string>; tells: string };
const DOCUMENT = 'docs/storage.md';
const document = readFileSync(new URL(`../../${DOCUMENT}`, import.meta.url), 'utf8');

/** Returns the row of an event, without the spaces that align a table. */
function rowOf(type: string, { subject, data, tells }: Entry): string {
  const fields = Object.entries(data).map(([name, field]) =>
    field === 'string' ? `\`${name}\`` : `\`${name}\` (${field.replace('|', 'or')})`,
  );
  return `| \`${type}\` | ${subject} | ${fields.join(', ')} | ${tells} |`.replaceAll(/ +/g, ' ');
}

/** Lists the rows to add to the document, and those to remove. */
function complaints(events: Record<string, Entry>, text: string): string[] {
  const rows = text.split('\n').filter((line) => /^\| `[a-z_]+\.[a-z_]+` /.test(line));
  const there = rows.map((row) => row.replaceAll(/ +/g, ' ').trim());
  const wanted = Object.entries(events).map(([type, entry]) => rowOf(type, entry));
  return [
    ...wanted.filter((row) => !there.includes(row)).map((row) => `add to the table of events in ${DOCUMENT}: ${row}`),
    ...there
      .filter((row) => !wanted.includes(row))
      .map((row) => `remove from ${DOCUMENT}, or put into src/domain/ledger-events.ts: ${row}`),
  ];
}

test('every ledger event has its row in the documentation, and there are no other rows', () => {
  expect(complaints(LEDGER_EVENTS, document)).toEqual([]);
});

test('a new event gets a sentence that says where to add its row', () => {
  const added = { 'car.sold': { subject: 'car', data: { price: 'number', note: 'string | null' }, tells: 'A car was sold.' } };
  const stale = '| `car.lost` | car |  | A car was lost. |';
  expect(complaints({ ...LEDGER_EVENTS, ...added }, `${document}\n${stale}`)).toEqual([
    'add to the table of events in docs/storage.md: | `car.sold` | car | `price` (number), `note` (string or null) | A car was sold. |',
    'remove from docs/storage.md, or put into src/domain/ledger-events.ts: | `car.lost` | car | | A car was lost. |',
  ]);
});

test('an event that is not in the table, or lacks its data, does not compile', () => {
  const neverCalled = async ({ accounts, dealerLinks, ledger }: Records): Promise<void> => {
    // @ts-expect-error: no such event
    await accounts.change('a', (account) => ({ to: account, type: 'account.misspelt' }));
    // @ts-expect-error: an event of another record
    await accounts.change('a', (account) => ({ to: account, type: 'migration.started' }));
    // @ts-expect-error: the data is missing
    await dealerLinks.change('l', (link) => link && { to: link, type: 'dealer_link.accepted' });
    // @ts-expect-error: a value is missing
    await ledger.append({ type: 'client.consented', subject: 'a', data: { client_id: 'c' }, at: 1 }, 'x');
  };
  expect(neverCalled).toBeInstanceOf(Function);
});
