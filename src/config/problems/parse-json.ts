// Parses the text of a JSON file and reports the position of a mistake.
import { getLocation, parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { duplicateKeys } from '../../domain/duplicate-keys.ts';
import { describeValue } from './describe-value.ts';
import type { Problem } from './problem.ts';

const STANDARD_JSON = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };
/** The library's codes for a mistake inside a string. */
const IN_STRING = ['UnexpectedEndOfString', 'InvalidUnicode', 'InvalidEscapeCharacter', 'InvalidCharacter'];
const SEPARATORS = ['CommaExpected', 'CloseBraceExpected', 'CloseBracketExpected'];
const WORDS = ['true', 'false', 'null'];
/** A string up to its first invalid character. */
const START_OF_STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;

/**
 * Parses a text. Reports the first mistake and returns `undefined` if it is not JSON. A duplicate name in an object is a mistake
 * too.
 */
export function parseJson(source: string, text: string, problems: Problem[]): unknown {
  const report = (position: number | undefined, expected: string, found: string, hint?: string): void => {
    const key = position === undefined ? undefined : describePosition(text, position);
    problems.push({ severity: 'error', source, key, expected, found, hint });
  };
  if (text.trim() === '') return report(undefined, 'JSON', 'nothing');
  const errors: ParseError[] = [];
  parse(text, errors, STANDARD_JSON);
  const [error] = errors;
  if (error) {
    const position = positionOf(error, text);
    return report(position, expectedAt(error, text), describeCharacter(text, position), hintFor(text, position));
  }
  for (const { name, position } of duplicateKeys(text)) {
    report(position, 'each name once in an object', `${describeValue(name)} again`, 'remove one of them');
  }
  const value: unknown = JSON.parse(text);
  return value;
}

/** Returns the position of the first wrong character. The library gives the start of its word, number or string. */
function positionOf({ error, offset, length }: ParseError, text: string): number {
  const code = printParseErrorCode(error);
  if (code === 'UnexpectedEndOfNumber') return offset + length;
  if (code === 'InvalidSymbol' && WORDS.some((word) => word.startsWith(text.slice(offset, offset + length))))
    return offset + length;
  START_OF_STRING.lastIndex = offset;
  return offset + (IN_STRING.includes(code) ? (START_OF_STRING.exec(text)?.[0].length ?? 0) : 0);
}

function expectedAt({ error, offset }: ParseError, text: string): string {
  const code = printParseErrorCode(error);
  if (text.slice(0, offset).trimEnd().endsWith('{')) return "property name or '}'";
  if (code === 'PropertyNameExpected') return 'double-quoted property name';
  if (code === 'ColonExpected') return "':' after property name";
  if (!SEPARATORS.includes(code)) return 'JSON';
  const inList = typeof getLocation(text, offset).path.at(-1) === 'number';
  return inList ? "',' or ']' after array element" : "',' or '}' after property value";
}

/** Describes one character only, because a secret may follow. */
function describeCharacter(text: string, position: number): string {
  const [character] = text.slice(position);
  if (character === undefined) return 'the end of the file';
  return character === '\n' || character === '\r' ? 'the end of the line' : describeValue(character);
}

function hintFor(text: string, position: number): string | undefined {
  const character = text[position];
  if (character === '/') return 'JSON has no comments';
  if (character === '\\') return 'write a backslash twice';
  const closes = character === '}' || character === ']';
  return closes && text.slice(0, position).trimEnd().endsWith(',') ? 'remove the comma before it' : undefined;
}

function describePosition(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}
