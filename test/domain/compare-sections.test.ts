// The differences between two versions of a text.
import { expect, test } from '@jest/globals';
import { compareSections } from '../../src/domain/compare-sections.ts';

const section = (heading: string, ...paragraphs: string[]) => ({ heading, paragraphs });

test('lists added and changed sections in the order of the new text, then removed ones; leaves out equal ones', () => {
  const before = [section('1', 'a', 'b'), section('2', 'c'), section('3', 'd')];
  const after = [section('0', 'new'), section('2', 'c'), section('1', 'a', 'B')];
  expect(compareSections(before, after)).toEqual([
    { kind: 'added', heading: '0', after: ['new'], before: [] },
    { kind: 'changed', heading: '1', after: ['a', 'B'], before: ['a', 'b'] },
    { kind: 'removed', heading: '3', after: [], before: ['d'] },
  ]);
  expect(compareSections(before, before)).toEqual([]);
});

test('the same words in other paragraphs are a change', () => {
  expect(compareSections([section('1', 'a b')], [section('1', 'a', 'b')])).toHaveLength(1);
});
