// The metrics for Prometheus.
import type { Registry } from 'prom-client';
import type { MetricsText } from './add-up.ts';
import { createOperationTimes, type OperationTimes } from './operation-times.ts';
import type { ProcessStatus } from './process-status.ts';
import { addStateGauges, type StateSources } from './state-gauges.ts';
import { writeMetrics } from './write-metrics.ts';
import { createTrafficMetrics, type CountedNames, type TrafficMetrics } from './traffic-metrics.ts';

export type Metrics = TrafficMetrics & {
  /** Counts an operation of the storage, and its time in seconds. */
  countOperation: OperationTimes['observe'];
  /** Adds the gauges of these sources. */
  watch(sources: StateSources): void;
  /** Loads prom-client, which would delay the start. */
  load(): Promise<void>;
  /** Returns everything that this process has counted. */
  text(): Promise<MetricsText>;
};

/** The metrics of a process whose metrics nobody reads. prom-client is not loaded. */
export const NO_METRICS: Metrics = {
  countRequest: () => undefined,
  countEvent: () => undefined,
  countRecorded: () => undefined,
  countJob: () => undefined,
  countOperation: () => undefined,
  watch: () => undefined,
  load: async () => undefined,
  text: async () => ({ text: '', combine: {} }),
};

/**
 * Creates the metrics of this process.
 * @param names everything that is counted by name
 */
export function createMetrics(status: ProcessStatus, names: CountedNames): Metrics {
  const { addTo, ...traffic } = createTrafficMetrics(names);
  const operations = createOperationTimes(
    'common_id_storage_operation_duration_seconds',
    'Time of an operation of the database until its answer, by store and method.',
  );
  let sources: StateSources | undefined;
  let registry: Promise<Registry> | undefined;
  const makeRegistry = async (): Promise<Registry> => {
    const made = await createRegistry(status);
    await addTo(made);
    if (sources) await addStateGauges(made, status, sources);
    return made;
  };
  return {
    ...traffic,
    countOperation: operations.observe,
    watch: (given) => {
      sources = given;
    },
    async load() {
      await (registry ??= makeRegistry());
    },
    async text() {
      const made = await (registry ??= makeRegistry());
      const text = `${writeMetrics(await made.getMetricsAsJSON())}${operations.text()}`;
      const combine = made.getMetricsAsArray().flatMap(({ name, aggregator }) => {
        return aggregator === undefined || aggregator === 'sum' ? [] : [[name, aggregator] as const];
      });
      return { text, combine: Object.fromEntries(combine) };
    },
  };
}

async function createRegistry(status: ProcessStatus): Promise<Registry> {
  const { collectDefaultMetrics, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'common_id_config_last_reload_successful',
    help: '1 if the files are in force; 0 if they have mistakes and the last valid configuration stays in force.',
    // With several processes, this shows one that has not reloaded the files.
    aggregator: 'min',
    registers: [registry],
    collect() {
      this.set(status.configuration.rejected ? 0 : 1);
    },
  });
  new Gauge({
    name: 'common_id_config_in_force_since_seconds',
    help: 'When the configuration came into force; seconds since 1970.',
    aggregator: 'max',
    labelNames: ['version'],
    registers: [registry],
    collect() {
      this.reset();
      this.set({ version: status.configuration.version }, status.configuration.inForceSince / 1000);
    },
  });
  return registry;
}
