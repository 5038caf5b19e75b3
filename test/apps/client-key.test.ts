// The client's own key.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadClientKey } from '../../src/apps/client-key.ts';

test('is made once, also by parallel starts, and is readable only by its owner', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'client-key-'));
  try {
    const keys = await Promise.all([1, 2, 3].map(() => loadClientKey(join(directory, 'keys'))));
    keys.push(await loadClientKey(join(directory, 'keys')));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    expect((await stat(join(directory, 'keys', 'client-key.json'))).mode & 0o777).toBe(0o600);
    expect(keys[0]?.publicJwk).not.toHaveProperty('d');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a file with another kind of key is refused by its name', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'client-key-'));
  try {
    await writeFile(join(directory, 'client-key.json'), JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }));
    await expect(loadClientKey(directory)).rejects.toThrow('client-key.json is not a private ES256 key (EC, P-256)');
  } finally {
    await rm(directory, { recursive: true });
  }
});
