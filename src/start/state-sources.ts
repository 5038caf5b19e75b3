// Reads the state that the gauges show: jobs, sessions and tokens in the database, this process's connection, the dealers.
import type { Dealer } from '../config/config.ts';
import type { Clock } from '../deps.ts';
import type { DealerHealth } from '../jobs/dealer-breaker.ts';
import { JOB_KINDS } from '../jobs/job-queue.ts';
import type { Records } from '../storage/records.ts';
import type { JobsOfKind } from '../storage/storage.ts';
import type { DatabaseState, StateSources } from '../telemetry/state-gauges.ts';

/** The most entries that a scrape reads from an index. It takes about a millisecond, however large the database is. */
const SAMPLE = 1000;
const STATES = ['due', 'running', 'later', 'dead'] as const;
/** The artifacts that grow with the number of customers. */
const STORED = ['Session', 'Grant', 'AccessToken', 'RefreshToken', 'ClientCredentials', 'Interaction'];

export function stateSources(
  { artifacts, jobs, load }: Pick<Records, 'artifacts' | 'jobs' | 'load'>,
  clock: Clock,
  dealers: () => readonly Dealer[],
  health: DealerHealth,
): StateSources {
  return {
    async database() {
      const found = await jobs.countByKind(SAMPLE);
      const stored: DatabaseState['stored'] = [];
      // One after the other, so that requests are answered in between.
      for (const kind of STORED) stored.push({ kind, count: await artifacts.estimateCount(kind, SAMPLE) });
      const kinds = new Set<string>([...JOB_KINDS, ...found.map(({ kind }) => kind)]);
      const none = { due: 0, running: 0, later: 0, dead: 0 };
      const all = [...kinds].map((kind): JobsOfKind => found.find((each) => each.kind === kind) ?? { kind, ...none });
      return {
        jobs: all.flatMap((each) => STATES.map((state) => ({ kind: each.kind, state, jobs: each[state] }))),
        overdue: all.map(({ kind, due_since = clock() }) => ({ kind, seconds: Math.max(clock() - due_since, 0) / 1000 })),
        stored,
      };
    },
    connection: async () => load(),
    dealers: () => dealers().map(({ code, resource }) => ({ code, isCalled: health.isCalled(resource) })),
  };
}
