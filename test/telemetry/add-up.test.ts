// Metrics of several processes become one text.
import { expect, test } from '@jest/globals';
import { addUp, type Combination } from '../../src/telemetry/add-up.ts';

const family = (name: string, ...series: string[]): string =>
  `# HELP ${name} Help of ${name} in words.\n# TYPE ${name} gauge\n${series.map((each) => `${each}\n`).join('')}`;

test('counters are summed, by their labels; a series that one process alone has stays', () => {
  const one = family('requests', 'requests{route="/a b",status="200"} 2', 'requests{route="/a b",status="500"} 1');
  const two = family('requests', 'requests{route="/a b",status="200"} 40.5', 'requests{route="/c"} 7') + family('jobs', 'jobs 1');
  expect(addUp([one, two].map((text) => ({ text, combine: {} })))).toBe(
    family(
      'requests',
      'requests{route="/a b",status="200"} 42.5',
      'requests{route="/a b",status="500"} 1',
      'requests{route="/c"} 7',
    ) + family('jobs', 'jobs 1'),
  );
});

test('what all processes share is not summed', () => {
  const values: [Combination, string][] = [
    ['max', '5'],
    ['min', '2'],
    ['first', '3'],
    ['average', '3.3333333333333335'],
    ['sum', '10'],
  ];
  for (const [how, expected] of values) {
    const processes = [3, 2, 5].map((value) => ({
      text: family('of_database', `of_database ${value}`),
      combine: { of_database: how },
    }));
    expect(addUp(processes)).toBe(family('of_database', `of_database ${expected}`));
  }
  const omitted = [1, 2].map((value) => ({ text: family('started', `started ${value}`), combine: { started: 'omit' as const } }));
  expect(addUp(omitted)).not.toContain('started');
});

test('values that are no finite numbers stay, and a process without metrics changes nothing', () => {
  const text = family('odd', 'odd{a="1"} +Inf', 'odd{a="2"} -Inf', 'odd{a="3"} NaN');
  const both = [text, text].map((each) => ({ text: each, combine: { odd: 'max' as const } }));
  expect(addUp(both)).toBe(text);
  expect(
    addUp([
      { text: family('a', 'a 1'), combine: {} },
      { text: '', combine: {} },
    ]),
  ).toBe(family('a', 'a 1'));
  expect(addUp([])).toBe('');
});
