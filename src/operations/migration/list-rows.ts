// Reads a list of legacy users, CSV (RFC 4180) or one JSON object a line, as a stream: line by line, with the place of each mistake.
// A value with a line feed in it is a mistake, so a line is a row, and an interrupted import goes on at the start of a line.
import { parseEmail } from '../../domain/canonical-email.ts';
import { hasInvisibleCharacters } from '../../domain/invisible-characters.ts';

export type ListFormat = 'csv' | 'ndjson';

/** The columns of a list. All but the first may be left out. */
export const LIST_COLUMNS = ['legacy_id', 'email', 'segment', 'dealer'] as const;
type ListColumn = (typeof LIST_COLUMNS)[number];

export type ListRow = { legacy_id: string } & Partial<Record<Exclude<ListColumn, 'legacy_id'>, string>>;

/** What is wrong in a row. It names no values, because they may be personal data. `column` counts from 1. */
export type RowMistake = { column: number; why: string };

export type ReadRow = { ok: true; row: ListRow } | { ok: false; mistakes: RowMistake[] };

/** A line without its end, and the offset in bytes of the next one. */
export type Line = { bytes: Buffer; number: number; next: number };

const LONGEST_LINE = 8_192;
const LINE_FEED = 0x0a;
const LONGEST_ID = 200;
const SEGMENT = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._/-]{0,39}$/u;
const DEALER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const SEGMENT_RULE = 'a segment has at most 40 letters, digits, blanks and . _ / -, and begins with a letter or digit';
const DEALER_RULE = 'a dealer is a code of at most 40 letters, digits, - and _';

/**
 * Splits a stream into lines. A line that is too long comes cut off.
 * @param from the offset and the number of the first line that is read
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, from: { offset: number; line: number }): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let { offset, line } = from;
  /** Bytes of a long line that were dropped. */
  let dropped = 0;
  for await (const chunk of chunks) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED)) {
      offset += dropped + end + 1;
      yield { bytes: bytes.subarray(0, bytes[end - 1] === 0x0d ? end - 1 : end), number: line, next: offset };
      bytes = bytes.subarray(end + 1);
      line += 1;
      dropped = 0;
    }
    if (bytes.length > LONGEST_LINE + 1) {
      dropped += bytes.length - LONGEST_LINE - 1;
      bytes = bytes.subarray(0, LONGEST_LINE + 1);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield { bytes: rest, number: line, next: offset + dropped + rest.length };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes a line. @returns why not */
function decode({ bytes, number }: Line): { text: string } | { mistake: RowMistake } {
  if (bytes.length > LONGEST_LINE) return { mistake: { column: 1, why: `the line is longer than ${LONGEST_LINE} bytes` } };
  try {
    const text = utf8.decode(bytes);
    return { text: number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text };
  } catch {
    return { mistake: { column: 1, why: 'the line is not UTF-8; save the file as UTF-8' } };
  }
}

/**
 * Reads the header of a CSV file.
 * @throws {Error} it does not name the columns; the message says what is expected
 */
export function readHeader(line: Line | undefined): ListColumn[] {
  const expected = `the first line must name the columns: ${LIST_COLUMNS.join(',')} (all but legacy_id may be left out)`;
  if (!line) throw new Error(`the file is empty; ${expected}`);
  const decoded = decode(line);
  const cells = 'text' in decoded ? splitCsv(decoded.text) : undefined;
  if (!cells || 'why' in cells) throw new Error(expected);
  const columns = cells.values.map((cell) => LIST_COLUMNS.find((name) => name === cell.trim()));
  const named = columns.filter((column) => column !== undefined);
  if (named.length < columns.length) throw new Error(`line 1, column ${columns.indexOf(undefined) + 1}: ${expected}`);
  if (new Set(named).size < named.length || !named.includes('legacy_id')) throw new Error(expected);
  return named;
}

/** Reads a row. @param columns of a CSV file; not needed for NDJSON @returns `undefined` for an empty line */
export function readRow(format: ListFormat, line: Line, columns: readonly ListColumn[]): ReadRow | undefined {
  if (line.bytes.length === 0) return undefined;
  const decoded = decode(line);
  if ('mistake' in decoded) return { ok: false, mistakes: [decoded.mistake] };
  return format === 'csv' ? readCsvRow(decoded.text, columns) : readJsonRow(decoded.text);
}

function readCsvRow(text: string, columns: readonly ListColumn[]): ReadRow {
  const cells = splitCsv(text);
  if ('why' in cells) return { ok: false, mistakes: [cells] };
  const { values } = cells;
  if (values.length !== columns.length)
    return {
      ok: false,
      mistakes: [
        {
          column: Math.min(values.length, columns.length) + 1,
          why: `the row has ${values.length} columns, and the header ${columns.length}`,
        },
      ],
    };
  const read: Partial<Record<ListColumn, string>> = {};
  for (const [index, column] of columns.entries()) read[column] = values[index] ?? '';
  return checkRow(read, (column) => columns.indexOf(column) + 1);
}

function readJsonRow(text: string): ReadRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, mistakes: [{ column: 1, why: 'the line is not a JSON object' }] };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, mistakes: [{ column: 1, why: 'the line is not a JSON object' }] };
  const mistakes: RowMistake[] = [];
  const read: Partial<Record<ListColumn, string>> = {};
  for (const [index, [name, member]] of Object.entries(value).entries()) {
    const column = LIST_COLUMNS.find((known) => known === name);
    if (!column) mistakes.push({ column: index + 1, why: `expected only the members ${LIST_COLUMNS.join(', ')}` });
    else if (typeof member === 'string') read[column] = member;
    else if (member !== null) mistakes.push({ column: index + 1, why: `${column} must be a string` });
  }
  if (mistakes.length > 0) return { ok: false, mistakes };
  return checkRow(read, (column) => Math.max(Object.keys(value).indexOf(column), 0) + 1);
}

function checkRow(read: Partial<Record<ListColumn, string>>, placeOf: (column: ListColumn) => number): ReadRow {
  const mistakes: RowMistake[] = [];
  const refuse = (column: ListColumn, why: string): number => mistakes.push({ column: placeOf(column), why });
  const [id = '', email = '', segment = '', dealer = ''] = LIST_COLUMNS.map((column) => read[column]?.trim());
  if (id === '') refuse('legacy_id', 'legacy_id is missing');
  else if (id.length > LONGEST_ID) refuse('legacy_id', `legacy_id is longer than ${LONGEST_ID} characters`);
  else if (hasInvisibleCharacters(id)) refuse('legacy_id', 'legacy_id has characters that cannot be seen');
  const address = email === '' ? undefined : parseEmail(email);
  if (address && !address.ok) refuse('email', WRONG_EMAIL[address.reason]);
  if (segment !== '' && !SEGMENT.test(segment)) refuse('segment', SEGMENT_RULE);
  if (dealer !== '' && !DEALER.test(dealer)) refuse('dealer', DEALER_RULE);
  if (mistakes.length > 0) return { ok: false, mistakes };
  return {
    ok: true,
    row: {
      legacy_id: id,
      ...(address?.ok && { email: address.email }),
      ...(segment !== '' && { segment }),
      ...(dealer !== '' && { dealer }),
    },
  };
}

const WRONG_EMAIL = {
  missing: 'email is missing',
  syntax: 'email is not a mail address',
  dots: 'email has two dots in a row or a dot before the @, which only some carriers allow',
  characters: 'email has characters that look like others',
  too_long: 'email is too long',
} as const;

/** Splits a line of CSV. @returns the values, or where it is wrong */
function splitCsv(text: string): { values: string[] } | RowMistake {
  if (!text.includes('"')) return { values: text.split(',') };
  const values: string[] = [];
  for (let at = 0; ;) {
    if (text[at] !== '"') {
      const end = text.indexOf(',', at);
      const value = text.slice(at, end < 0 ? undefined : end);
      if (value.includes('"'))
        return { column: values.length + 1, why: 'a quotation mark stands inside a value without quotation marks' };
      values.push(value);
      if (end < 0) return { values };
      at = end + 1;
      continue;
    }
    let value = '';
    at += 1;
    for (;;) {
      const end = text.indexOf('"', at);
      if (end < 0) return { column: values.length + 1, why: 'the closing quotation mark is missing in this line' };
      value += text.slice(at, end);
      at = end + 1;
      if (text[at] !== '"') break;
      value += '"';
      at += 1;
    }
    values.push(value);
    if (at === text.length) return { values };
    if (text[at] !== ',') return { column: values.length, why: 'after the closing quotation mark a comma is expected' };
    at += 1;
  }
}
