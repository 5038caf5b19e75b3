// Invalid JSON: the place of the mistake, what is expected, and how to correct it.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from '../../../src/config/problems/parse-json.ts';
import { formatProblem, type Problem } from '../../../src/config/problems/problem.ts';

test.each([
  ['', 'expected JSON, found nothing'],
  [' \n', 'expected JSON, found nothing'],
  ['{\n  "a": 1,\n  "b" 2\n}', "line 3, column 7: expected ':' after property name, found '2'"],
  ['{\n  "a": 1,\n}', "line 3, column 1: expected double-quoted property name, found '}'; remove the comma before it"],
  ['{\n  // why\n  "a": 1\n}', "line 2, column 3: expected property name or '}', found '/'; JSON has no comments"],
  ['{"a": "x', 'line 1, column 9: expected JSON, found the end of the file'],
  ['{"a": "x\n"}', 'line 1, column 9: expected JSON, found the end of the line'],
  ['{"a": tru}', "line 1, column 10: expected JSON, found '}'"],
  ['{"a": "the-secret" "b"}', "line 1, column 20: expected ',' or '}' after property value, found '\"'"],
  ['{} {}', "line 1, column 4: expected JSON, found '{'"],
  ['[1, 2 3]', "line 1, column 7: expected ',' or ']' after array element, found '3'"],
  ['[1, 2,]', "line 1, column 7: expected JSON, found ']'; remove the comma before it"],
  ['{"a": 1 // why\n}', "line 1, column 9: expected JSON, found '/'; JSON has no comments"],
  ['{"a": 1.}', "line 1, column 9: expected JSON, found '}'"],
  ['{"a": "\\"\\u12"}', "line 1, column 10: expected JSON, found '\\'; write a backslash twice"],
  ['{"a": "C:\\data"}', "line 1, column 10: expected JSON, found '\\'; write a backslash twice"],
  ['{"a": "x\ty"}', "line 1, column 9: expected JSON, found '�'"],
  ['{"a": 1', "line 1, column 8: expected ',' or '}' after property value, found the end of the file"],
  ['{"a": 1,\n "a": 2}', "line 2, column 2: expected each name once in an object, found 'a' again; remove one of them"],
])('%j', (text, sentence) => {
  const problems: Problem[] = [];
  parseJson('file', text, problems);
  expect(problems.map(formatProblem)).toEqual([`file: ${sentence}`]);
});

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"b',
  '1',
  '-',
  '0',
  '.5',
  '1e',
  'true',
  'nul',
  ' ',
  '\n',
  '\t',
  '"',
  '\\',
  '\\u00e9',
  '//',
  '/*',
];

test('a text has no problem exactly if JSON.parse accepts it', () => {
  let right = 0;
  const text = fc.array(fc.constantFrom(...PIECES, '\u00a0', '\u2028', '\0', '__proto__'), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      fc.oneof(
        text.map((pieces) => pieces.join('')),
        fc.json(),
      ),
      (json) => {
        const problems: Problem[] = [];
        const value = parseJson('file', json, problems);
        if (problems.some(({ expected }) => expected !== 'each name once in an object'))
          expect(() => JSON.parse(json) as unknown).toThrow();
        else expect(value).toEqual(JSON.parse(json));
        if (problems.length === 0) right += 1;
      },
    ),
    { numRuns: 2000 },
  );
  expect(right).toBeGreaterThan(500);
});
