// JSON that is none: where, what and how to mend it.
import { expect, test } from '@jest/globals';
import { parseJson } from '../../../src/config/problems/parse-json.ts';
import { formatProblem, type Problem } from '../../../src/config/problems/problem.ts';

test.each([
  ['', 'expected JSON, found nothing'],
  [' \n', 'expected JSON, found nothing'],
  ['{\n  "a": 1,\n  "b" 2\n}', "line 3, column 7: expected ':' after property name, found '2'"],
  ['{\n  "a": 1,\n}', "line 3, column 1: expected double-quoted property name, found '}'; take out the comma in front of it"],
  ['{\n  // why\n  "a": 1\n}', "line 2, column 3: expected property name or '}', found '/'; JSON has no comments"],
  ['{"a": "x', 'line 1, column 9: expected JSON, found the end of the file'],
  ['{"a": "x\n"}', 'line 1, column 9: expected JSON, found the end of the line'],
  ['{"a": tru}', "line 1, column 10: expected JSON, found '}'"],
  ['{"a": "the-secret" "b"}', "line 1, column 20: expected ',' or '}' after property value, found '\"'"],
  ['{} {}', "line 1, column 4: expected JSON, found '{'"],
  ['{"a": 1,\n "a": 2}', "line 2, column 2: expected each name once in an object, found 'a' again; take one of them out"],
])('%j', (text, sentence) => {
  const problems: Problem[] = [];
  parseJson('file', text, problems);
  expect(problems.map(formatProblem)).toEqual([`file: ${sentence}`]);
});
