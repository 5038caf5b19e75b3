// Reads one JSON file of the configuration.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeValue } from './describe-value.ts';
import { errorCode } from './error-code.ts';
import type { Problem } from './problem.ts';

/**
 * Reads and parses a file; says what is wrong and answers `undefined` where it cannot.
 * @param name relative to the project's root
 */
export function readJsonFile(directory: string, name: string, problems: Problem[]): unknown {
  const text = readTextFile(directory, name, problems);
  return text === undefined ? undefined : parseJson(name, text, problems);
}

/** Reads a file; says what is wrong and answers `undefined` where it cannot. */
export function readTextFile(directory: string, name: string, problems: Problem[]): string | undefined {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const found = code === 'ENOENT' ? 'none' : `one that answers ${code}`;
    problems.push({ severity: 'error', source: name, expected: 'a file that can be read', found });
    return undefined;
  }
}

/** Parses a file's text; says what is wrong and answers `undefined` where it cannot. */
export function parseJson(source: string, text: string, problems: Problem[]): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    problems.push({ severity: 'error', source, expected: 'JSON', found: describeValue(found) });
    return undefined;
  }
}
