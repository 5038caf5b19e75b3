// Reads one JSON file of the configuration.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './error-code.ts';
import { parseJson } from './parse-json.ts';
import type { Problem } from './problem.ts';

/**
 * Reads and parses a file. Reports a problem and returns `undefined` if that fails.
 * @param name the file, relative to the project's root
 */
export function readJsonFile(directory: string, name: string, problems: Problem[]): unknown {
  const text = readTextFile(directory, name, problems);
  return text === undefined ? undefined : parseJson(name, text, problems);
}

/** Reads a file without the byte order mark that some editors add. Reports a problem and returns `undefined` if that fails. */
export function readTextFile(directory: string, name: string, problems: Problem[]): string | undefined {
  try {
    return readFileSync(join(directory, name), 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const found = code === 'ENOENT' ? 'none' : `one that fails with ${code}`;
    problems.push({ severity: 'error', source: name, expected: 'a readable file', found });
    return undefined;
  }
}
