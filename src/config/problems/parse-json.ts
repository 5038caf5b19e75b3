// Parses the text of a JSON file, and says where a mistake is.
import { duplicateKeys } from '../../domain/duplicate-keys.ts';
import { describeValue } from './describe-value.ts';
import type { Problem } from './problem.ts';

/** Says what is wrong, and answers `undefined` where it cannot be parsed. A name that stands twice is a mistake too. */
export function parseJson(source: string, text: string, problems: Problem[]): unknown {
  const say = (position: number | undefined, expected: string, found: string, hint?: string): void => {
    problems.push({
      severity: 'error',
      source,
      key: position === undefined ? undefined : describePosition(text, position),
      expected,
      found,
      hint,
    });
  };
  if (text.trim() === '') return say(undefined, 'JSON', 'nothing');
  const message = errorOf(text);
  if (message !== undefined) {
    const position = whereWrong(text);
    return say(position, /^Expected (.+) in JSON at/.exec(message)?.[1] ?? 'JSON', at(text, position), hintFor(text, position));
  }
  for (const { name, position } of duplicateKeys(text)) {
    say(position, 'each name once in an object', `${describeValue(name)} again`, 'take one of them out');
  }
  return JSON.parse(text) as unknown;
}

function errorOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Where the text stops being the beginning of any JSON. Not every message of the engine says so; what is wrong at the end of a
 * beginning is that it ends.
 */
function whereWrong(text: string): number {
  const isBeginning = (length: number): boolean => {
    const message = errorOf(text.slice(0, length));
    if (message === undefined || message.startsWith('Unexpected end of JSON')) return true;
    return Number(/ at position (\d+)/.exec(message)?.[1] ?? -1) >= length;
  };
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** One character, because what stands behind it may be a secret. */
function at(text: string, position: number): string {
  const [character] = text.slice(position);
  if (character === undefined) return 'the end of the file';
  return character === '\n' || character === '\r' ? 'the end of the line' : describeValue(character);
}

function hintFor(text: string, position: number): string | undefined {
  if (text[position] === '/') return 'JSON has no comments';
  const closes = text[position] === '}' || text[position] === ']';
  return closes && text.slice(0, position).trimEnd().endsWith(',') ? 'take out the comma in front of it' : undefined;
}

function describePosition(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}
