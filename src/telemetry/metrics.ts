// The metrics for Prometheus.
import type { Registry } from 'prom-client';
import type { ProcessStatus } from './process-status.ts';
import { createTrafficMetrics, type CountedNames, type TrafficMetrics } from './traffic-metrics.ts';

export type Metrics = TrafficMetrics & {
  /** The registry. It is created on first use, because loading prom-client would delay the start. */
  registry(): Promise<Registry>;
};

/**
 * Creates the metrics of this process.
 * @param names everything that is counted by name
 */
export function createMetrics(status: ProcessStatus, names: CountedNames): Metrics {
  const { addTo, ...traffic } = createTrafficMetrics(names);
  let registry: Promise<Registry> | undefined;
  const makeRegistry = async (): Promise<Registry> => {
    const made = await createRegistry(status);
    await addTo(made);
    return made;
  };
  return {
    ...traffic,
    registry: async () => (registry ??= makeRegistry()),
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
