// The file that keeps anchors outside the database, one anchor a line.
import { appendFile, readFile } from 'node:fs/promises';
import { everyAnchor } from './every-ledger-entry.ts';
import { contentOf } from './ledger-anchor.ts';
import type { Ledger } from './storage.ts';

/** The database lacks anchors of the file, or has different ones: it was cut off, or replaced by an older copy or another database. */
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
 * Appends the anchors that the file lacks. Processes that do this at the same time may write a line twice, which is harmless.
 * @throws {LedgerRolledBack} if the database contradicts the file; nothing is written
 */
export async function appendToAnchorFile(path: string, ledger: Omit<Ledger, 'append'>): Promise<void> {
  const last = (await readAnchorFile(path)).at(-1);
  const number = last === undefined ? 0 : contentOf({ document: last }).number;
  const [there] = number === 0 ? [] : await ledger.anchors(number - 1, 1);
  if (last !== undefined && there?.document !== last) {
    throw new LedgerRolledBack(`the ledger lacks the anchor ${number} of ${path}; npm run admin -- ledger verify shows more`);
  }
  let lines = '';
  for await (const { sequence, document } of everyAnchor(ledger)) if (sequence > number) lines += `${document}\n`;
  if (lines !== '') await appendFile(path, lines, { mode: 0o600, flush: true });
}
