// The file with the anchors of the ledger.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readAnchorFile } from '../../src/storage/anchor-file.ts';

test('no file has no anchors; a file that cannot be read is a fault, and never one without anchors', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'anchor-file-'));
  try {
    const path = join(directory, 'anchors');
    expect(await readAnchorFile(path)).toEqual([]);
    await writeFile(path, 'one\ntwo\n');
    expect(await readAnchorFile(path)).toEqual(['one', 'two']);
    await expect(readAnchorFile(directory)).rejects.toMatchObject({ code: 'EISDIR' });
  } finally {
    await rm(directory, { recursive: true });
  }
});
