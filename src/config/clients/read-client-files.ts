// Reads the text of every file in config/clients/.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientFileText } from './check-client-files.ts';
import type { Problem } from '../problems/problem.ts';
import { readTextFile } from '../problems/read-json-file.ts';

const FOLDER = 'config/clients';

/**
 * Reads the files, in the order of their names.
 * @param directory the project's root
 */
export function readClientFiles(directory: string, problems: Problem[]): ClientFileText[] {
  let names: string[];
  try {
    names = readdirSync(join(directory, FOLDER)).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  } catch {
    problems.push({ severity: 'error', source: FOLDER, expected: 'a folder with a file for each client app', found: 'none' });
    return [];
  }
  return names.sort().flatMap((name) => {
    const source = `${FOLDER}/${name}`;
    const text = readTextFile(directory, source, problems);
    return text === undefined ? [] : [{ name: source, text }];
  });
}
