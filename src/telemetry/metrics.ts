// The metrics for Prometheus.
import type { Registry } from 'prom-client';
import type { ProcessStatus } from './process-status.ts';
import { createTrafficMetrics, type CountedNames, type TrafficMetrics } from './traffic-metrics.ts';

type ReloadResult = 'accepted' | 'rejected';
/** Why a password hash was refused: a budget of the minute is used up, or the queue is full. */
export type HashRefusal = 'source' | 'account' | 'draft' | 'full';
/** What became of an SMS: the gateway has it; it could not be sent; a limit refused it before. */
export type SmsOutcome = 'sent' | 'failed' | 'refused';

export type Metrics = TrafficMetrics & {
  /** The registry. It is created on first use, because loading prom-client would delay the start. */
  registry(): Promise<Registry>;
  /** Counts a reload of the configuration, by result. */
  countReload(result: ReloadResult): void;
  /** Counts a refused password hash, by reason. */
  countRefusedHash(reason: HashRefusal): void;
  /** Counts an SMS, by outcome. */
  countSms(outcome: SmsOutcome): void;
};

/**
 * Creates the metrics of this process.
 * @param names everything that is counted by name
 */
export function createMetrics(status: ProcessStatus, names: CountedNames): Metrics {
  const { addTo, ...traffic } = createTrafficMetrics(names);
  const reloads: Record<ReloadResult, number> = { accepted: 0, rejected: 0 };
  const refusedHashes: Record<HashRefusal, number> = { full: 0, source: 0, account: 0, draft: 0 };
  const sms: Record<SmsOutcome, number> = { sent: 0, failed: 0, refused: 0 };
  let registry: Promise<Registry> | undefined;
  const makeRegistry = async (): Promise<Registry> => {
    const made = await createRegistry(status, { reloads, refusedHashes, sms });
    await addTo(made);
    return made;
  };
  return {
    ...traffic,
    registry: async () => (registry ??= makeRegistry()),
    countReload: (result) => {
      reloads[result] += 1;
    },
    countRefusedHash: (reason) => {
      refusedHashes[reason] += 1;
    },
    countSms: (outcome) => {
      sms[outcome] += 1;
    },
  };
}

async function createRegistry(
  status: ProcessStatus,
  counts: {
    reloads: Record<ReloadResult, number>;
    refusedHashes: Record<HashRefusal, number>;
    sms: Record<SmsOutcome, number>;
  },
): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const count = (name: string, help: string, label: string, values: Record<string, number>): void =>
    void new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, points] of Object.entries(values)) this.inc({ [label]: value }, points);
      },
    });
  count('common_id_config_reloads_total', 'Reloads of the configuration, by result.', 'result', counts.reloads);
  count(
    'common_id_password_hashes_refused_total',
    'Passwords that were not hashed, by the share of the lane that was used up; full: the whole lane was full.',
    'reason',
    counts.refusedHashes,
  );
  count(
    'common_id_sms_total',
    'SMS, by outcome: the gateway has it (sent), it could not be sent (failed), a limit refused it (refused).',
    'outcome',
    counts.sms,
  );
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
