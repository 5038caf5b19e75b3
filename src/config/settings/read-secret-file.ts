// Reads a file that holds a secret.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode } from '../problems/error-code.ts';

/** The content of a secret file; `null` if its problem needs no message. */
export type SecretFile = { text: string; worldReadable: boolean; groupReadable: boolean } | { unreadable: string } | null;

const READABLE_BY_OTHERS = 0o004;
const READABLE_BY_GROUP = 0o040;

/** Makes the function that reads a secret file, by its path relative to the project's root. */
export function createReadSecretFile(directory: string): (path: string) => SecretFile {
  return (path) => {
    const file = resolve(directory, path);
    try {
      const { mode } = statSync(file);
      return {
        text: readFileSync(file, 'utf8'),
        worldReadable: (mode & READABLE_BY_OTHERS) !== 0,
        groupReadable: (mode & READABLE_BY_GROUP) !== 0,
      };
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      return { unreadable: code === 'ENOENT' ? 'no such file' : `a file that fails with ${code}` };
    }
  };
}
