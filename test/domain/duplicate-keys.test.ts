import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { duplicateKeys } from '../../src/domain/duplicate-keys.ts';

test.each([
  ['{"a":1,"a":1}', true],
  ['{"a":1,"\\u0061":2}', true],
  ['{"x":{"a":1,"b":[{"c":1,"c":2}]}}', true],
  ['{"a":{},"a":[]}', true],
  ['[{"a":1},{"a":1}]', false],
  ['{"a":{"a":{"a":1}}}', false],
  ['{"a":"a","b":["a","a"]}', false],
  ['{"a":"\\",\\"a\\":1,","b":"{}[],:"}', false],
  ['{}', false],
  ['"a"', false],
])('%s', (json, expected) => {
  const found = duplicateKeys(json);
  expect({ found, repeated: found.length > 0 }).toEqual({ found, repeated: expected });
});

test('finds none in the output of JSON.stringify', () => {
  fc.assert(fc.property(fc.json(), (json) => duplicateKeys(JSON.stringify(JSON.parse(json))).length === 0));
});

test('names the key and the place of its second occurrence', () => {
  expect(duplicateKeys('{"a":1, "b":{"c":1,"c":2}, "a":1}')).toEqual([
    { name: 'c', position: 19 },
    { name: 'a', position: 27 },
  ]);
});
