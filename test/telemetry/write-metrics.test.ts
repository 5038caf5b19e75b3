// Our writer of metrics writes what prom-client writes.
import { expect, test } from '@jest/globals';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { writeMetrics } from '../../src/telemetry/write-metrics.ts';

const ODD = ['plain', 'a b', 'with "quotes"', 'back\\slash', 'new\nline', '日本', '', '{a="b"} 7'];

test('every kind of metric, with odd labels and values: the same text as prom-client, apart from empty lines', async () => {
  const registry = new Registry();
  const registers = [registry];
  const counter = new Counter({
    name: 'a_total',
    help: 'Help with a \\ and\na new line.',
    labelNames: ['one', 'two'],
    registers,
  });
  const histogram = new Histogram({ name: 'a_seconds', help: 'A histogram.', labelNames: ['one'], buckets: [0.1, 1], registers });
  const summary = new Summary({ name: 'a_summary', help: 'A summary.', registers });
  for (const one of ODD) {
    counter.inc({ one, two: 'x' }, 1.5);
    histogram.observe({ one }, 0.5);
    summary.observe(2);
  }
  const gauge = new Gauge({ name: 'a_gauge', help: 'A gauge.', labelNames: ['of'], registers });
  for (const value of [0, -1, 1e21, 1e-9, Infinity, -Infinity]) gauge.set({ of: String(value) }, value);
  new Gauge({ name: 'empty', help: 'A gauge without series.', labelNames: ['of'], registers });
  const written = writeMetrics(await registry.getMetricsAsJSON());
  expect(written).toBe((await registry.metrics()).replaceAll('\n\n', '\n'));
  expect(written.split('\n').length).toBeGreaterThan(60);
});

test('a value that is no number is written as Prometheus reads it', async () => {
  const registry = new Registry();
  new Gauge({ name: 'lag', help: 'Nothing was measured.', registers: [registry] }).set(NaN);
  expect(writeMetrics(await registry.getMetricsAsJSON())).toContain('\nlag NaN\n');
});

test('the metrics of Node are written, too', async () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const names = (text: string): string[] => text.split('\n').map((line) => line.replace(/ [^ ]*$/, ''));
  const theirs = (await registry.metrics()).replaceAll('\n\n', '\n');
  expect(names(writeMetrics(await registry.getMetricsAsJSON())).filter((line) => !line.startsWith('nodejs_gc'))).toEqual(
    names(theirs).filter((line) => !line.startsWith('nodejs_gc')),
  );
});
