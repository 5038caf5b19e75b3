// A histogram of the times of short and frequent operations. A login has about thirty, so each may cost less than prom-client's histogram does.

/** Upper bounds in seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

type Counts = { seconds: number; total: number; buckets: Float64Array };

export type OperationTimes = {
  /** @param operation one of few names, which need no escaping */
  observe(operation: string, seconds: number): void;
  /** Returns the histogram in the text format of Prometheus. */
  text(): string;
};

/** Creates the histogram; its label is `operation`. */
export function createOperationTimes(name: string, help: string): OperationTimes {
  const operations = new Map<string, Counts>();
  return {
    observe(operation, seconds) {
      let counts = operations.get(operation);
      if (!counts) {
        counts = { seconds: 0, total: 0, buckets: new Float64Array(BOUNDS.length) };
        operations.set(operation, counts);
      }
      counts.seconds += seconds;
      counts.total += 1;
      let bucket = 0;
      while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket += 1;
      if (bucket < BOUNDS.length) counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1;
    },
    text() {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
      for (const [operation, { seconds, total, buckets }] of operations) {
        const label = `operation="${operation}"`;
        let below = 0;
        for (const [index, bound] of BOUNDS.entries()) {
          below += buckets[index] ?? 0;
          lines.push(`${name}_bucket{le="${bound}",${label}} ${below}`);
        }
        lines.push(
          `${name}_bucket{le="+Inf",${label}} ${total}`,
          `${name}_sum{${label}} ${seconds}`,
          `${name}_count{${label}} ${total}`,
        );
      }
      return `${lines.join('\n')}\n`;
    },
  };
}
