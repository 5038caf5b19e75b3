// Checks the provider's own keys for production: they exist, were made for production, and only their owner can read them.
import { relative } from 'node:path';
import { NEEDED_KEYS, readKeyFiles, type KeyFile } from '../../keys/key-files.ts';
import type { Problem } from '../problems/problem.ts';

const HINT = 'make them with: npm run admin -- keys rotate';

/**
 * Reports missing and unsafe keys.
 * @param directory the folder of the keys; absolute
 */
export function checkKeyFiles(directory: string, root: string, problems: Problem[]): void {
  const error = (source: string, expected: string, found: string, hint: string): void => {
    problems.push({ severity: 'error', source, expected, found, hint });
  };
  let files: KeyFile[];
  try {
    files = readKeyFiles(directory);
  } catch (problem) {
    const found = problem instanceof Error ? problem.message : String(problem);
    return error(directory, 'one private JSON Web Key per file', found, 'remove the file');
  }
  for (const { alg } of NEEDED_KEYS) {
    if (!files.some((file) => file.alg === alg)) error(directory, `an ${alg} key`, 'none', HINT);
  }
  for (const { path, worldReadable, development } of files) {
    const name = relative(root, path).startsWith('..') ? path : relative(root, path);
    if (worldReadable) error(name, 'a key that only its owner can read', 'one that everybody can read', `chmod 600 ${name}`);
    if (development) error(name, 'a key that was made for production', 'one that was made for development', HINT);
  }
}
