// Adds up the metrics of several processes as text, line by line. prom-client's aggregation works on an object for each line, which takes
// several times as long to send between processes, to parse and to write.

import { numberOf } from './write-metrics.ts';

/** How the values of one series are combined; `omit` leaves the metric out. */
export type Combination = 'sum' | 'min' | 'max' | 'first' | 'average' | 'omit';

/** The metrics of a process, in the text format of Prometheus. */
export type MetricsText = {
  text: string;
  /** How metrics are combined, by name; the others are summed. */
  combine: Record<string, Combination>;
};

type Family = { head: string[]; series: Map<string, number[]> };

/** Returns the metrics of all processes together. Each process writes the comments of a metric before its series. */
export function addUp(processes: readonly MetricsText[]): string {
  const [first, ...others] = processes;
  if (!first) return '';
  if (others.length === 0) return first.text;
  const families = new Map<string, Family>();
  for (const { text } of processes) readInto(families, text);
  const combine = new Map(processes.flatMap((process) => Object.entries(process.combine)));
  const lines: string[] = [];
  for (const [name, { head, series }] of families) {
    const combination = combine.get(name) ?? 'sum';
    if (combination === 'omit') continue;
    lines.push(...head);
    for (const [key, values] of series) lines.push(`${key} ${numberOf(combined(values, combination))}`);
  }
  return `${lines.join('\n')}\n`;
}

function readInto(families: Map<string, Family>, text: string): void {
  let family: Family | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('# HELP ')) {
      const name = line.slice(7, line.indexOf(' ', 7));
      family = families.get(name) ?? { head: [], series: new Map() };
      if (family.head.length === 0) family.head.push(line);
      families.set(name, family);
    } else if (line.startsWith('#')) {
      if (family?.head.length === 1) family.head.push(line);
    } else if (line !== '') {
      // The value has no spaces; the values of labels may have.
      const end = line.lastIndexOf(' ');
      const key = line.slice(0, end);
      const values = family?.series.get(key);
      if (values) values.push(read(line.slice(end + 1)));
      else family?.series.set(key, [read(line.slice(end + 1))]);
    }
  }
}

function combined(values: readonly number[], combination: Exclude<Combination, 'omit'>): number {
  const sum = (): number => values.reduce((total, value) => total + value, 0);
  if (combination === 'sum') return sum();
  if (combination === 'average') return sum() / values.length;
  return combination === 'first' ? (values[0] ?? NaN) : Math[combination](...values);
}

const INFINITY: Record<string, number> = { '+Inf': Infinity, '-Inf': -Infinity };

function read(value: string): number {
  return INFINITY[value] ?? Number(value);
}
