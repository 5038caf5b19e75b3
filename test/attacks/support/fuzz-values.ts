// Unexpected values of the fuzzer: numbers, texts, JSON, bytes. fast-check makes them from a seed.
import fc from 'fast-check';
import { unicodeText } from '../../support/unicode-text.ts';

/** JSON as text, because parsing would lose `1e400` and `-0`. `now` and `now*1000` become times when it is sent. */
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '0.5',
  '1e400',
  '-1e400',
  '1E3',
  '5e-324',
  '1.7976931348623157e308',
  '1e21',
  '99999999999999999999',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '9223372036854775808',
  '8640000000000000',
  '8640000000001',
  '253402300800',
  '4320000000000000',
  '18446744073709551616',
  '1.0',
  '0.1',
  'now',
  'now+30.25',
  'now-30.75',
  'now+59',
  'now+300',
  'now+301',
  'now+3600.5',
  'now*1000',
  'now*1000000',
  'now*1000000000',
];

const OTHER_JSON = [
  'null',
  'true',
  'false',
  '""',
  '"x"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"a":1}',
  '"NaN"',
  '"Infinity"',
  '"1790000000"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00x"',
  '"__proto__"',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{}}}',
  '[1,2,3]',
];

/** Any JSON value, as text. */
export const anyJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 3, arbitrary: fc.constantFrom(...OTHER_JSON) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)) },
  { weight: 1, arbitrary: unicodeText({ maxLength: 300 }).map((text) => JSON.stringify(text)) },
);

const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\r\nX-Injected: 1',
  '../../etc/passwd',
  '%00',
  '%',
  '%zz',
  "' OR 1=1 --",
  '<script>',
  '__proto__',
  'constructor',
  'toString',
  '[object Object]',
  'NaN',
  'Infinity',
  '-1',
  '0',
  '1e400',
  '99999999999999999999',
  '9007199254740993',
  'true',
  'null',
  '[]',
  '{}',
  '{"a":',
  '\u2028',
  '‮',
  'ﷺ',
  '👨‍👩‍👧',
  'é',
  '﻿',
  '\ud800',
  '＠',
  '①',
  '𠮷',
  'http://[',
  'javascript:alert(1)',
  '//evil.example',
  'urn:ietf:params:oauth:request_uri:x',
  'a@b',
  'あ@例え.jp',
];

/** Any text, of any length up to 20,000 characters. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 2, arbitrary: unicodeText({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((length) => 'x'.repeat(length)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3_000 }).map((length) => 'あ'.repeat(length)) },
);

const ODD_ESCAPES = [
  '%',
  '%zz',
  '%c0%af',
  '%ed%a0%80',
  '%ff%fe',
  '%f8%88%80%80%80',
  '%00',
  '%u0041',
  '+',
  '%2500',
  '[]',
  '[$ne]',
  '.x',
];

/** A text for a query or a form, escaped correctly or not. */
export const anyEscaped: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: anyText.map((text) => encodeURIComponent(text.toWellFormed())) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_ESCAPES) },
);

/** Bytes of no encoding. */
export const anyBytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
