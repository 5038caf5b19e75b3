// The file in which anchors are kept beside the database: one line each.
import { appendFile, readFile } from 'node:fs/promises';
import { everyAnchor } from './every-ledger-entry.ts';
import { contentOf } from './ledger-anchor.ts';
import type { Ledger } from './storage.ts';

/** The database lacks anchors that the file has, or has others: it was cut off, replaced, or an older copy was put in its place. */
export class LedgerRolledBack extends Error {
  override name = 'LedgerRolledBack';
}

/** @returns the anchors of a file, in order; none if there is no file */
export async function readAnchorFile(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').filter((line) => line !== '');
}

/**
 * Appends the anchors that the file lacks. Processes that do so at once may write a line twice, which harms nothing.
 * @throws {LedgerRolledBack} without writing
 */
export async function appendToAnchorFile(path: string, ledger: Omit<Ledger, 'append'>): Promise<void> {
  const last = (await readAnchorFile(path)).at(-1);
  const number = last === undefined ? 0 : contentOf({ document: last }).number;
  const [there] = number === 0 ? [] : await ledger.anchors(number - 1, 1);
  if (last !== undefined && there?.document !== last) {
    throw new LedgerRolledBack(
      `the ledger has not the anchor ${number} that ${path} has; npm run admin -- ledger verify tells more`,
    );
  }
  let lines = '';
  for await (const { sequence, document } of everyAnchor(ledger)) if (sequence > number) lines += `${document}\n`;
  if (lines !== '') await appendFile(path, lines, { mode: 0o600, flush: true });
}
