// What people and programs do, as metrics. All labels have few values: a metric with a label for each person or address would fill the
// memory of Prometheus.
import type { Counter, Histogram, Registry } from 'prom-client';
import type { CountEvent, Recorded } from './emit.ts';
import { entryOf, EVENT_TYPES, labelsOf, metricOf, valuesOf, type EventType } from './events.ts';

/** An answered request. */
export type Answered = {
  method: string;
  /** The pattern of the path, such as `/interaction/:uid/login`, or the name of an endpoint of oidc-provider. */
  route: string;
  status: number;
  seconds: number;
};

const JOB_OUTCOMES = ['done', 'retried', 'failed'] as const;
/** What became of one run of a job: it was done, is tried again later, or failed for good. */
export type JobOutcome = (typeof JOB_OUTCOMES)[number];

export type TrafficMetrics = {
  /** Counts an answered request. */
  countRequest(answered: Answered): void;
  /** Counts an event of the catalogue. */
  countEvent: CountEvent;
  /** Counts an event of the ledger. */
  countRecorded(event: Recorded): void;
  /** Counts the end of a job's run. */
  countJob(kind: string, outcome: JobOutcome): void;
};

type Meters = {
  requests: Counter;
  seconds: Histogram;
  events: Counter;
  signIns: Counter;
  jobs: Counter;
  ofCatalogue: Map<EventType, Counter>;
};

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** A page should come within half a second; a login takes a quarter of a second for its hash. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** What is counted before prom-client is loaded waits. A flood in this moment must not fill the memory. */
const MOST_WAITING = 10_000;

/** Everything that is counted by name. These counters begin with 0, so that the first time is an increase. */
export type CountedNames = {
  /** The events of the ledger. */
  events: readonly string[];
  /** The values of `method` in `account.signed_in`. */
  signInMethods: readonly string[];
  jobs: readonly string[];
  mails: readonly string[];
};

/**
 * Creates the counters.
 * @returns the counters, and the function that adds them to the registry
 */
export function createTrafficMetrics(names: CountedNames): TrafficMetrics & { addTo(registry: Registry): Promise<void> } {
  let meters: Meters | undefined;
  const waiting: ((meters: Meters) => void)[] = [];
  const count = (add: (meters: Meters) => void): void => {
    if (meters) add(meters);
    else if (waiting.length < MOST_WAITING) waiting.push(add);
  };
  return {
    countRequest: ({ method, route, status, seconds }) =>
      count((to) => {
        to.requests.inc({ method: METHODS.includes(method) ? method : 'other', route, status });
        to.seconds.observe({ route }, seconds);
      }),
    countEvent: (type, labels) => count((to) => to.ofCatalogue.get(type)?.inc(labels)),
    countRecorded: ({ type, data: { method } }) =>
      count((to) => {
        to.events.inc({ event: known(names.events, type) });
        if (type === 'account.signed_in') to.signIns.inc({ method: known(names.signInMethods, method) });
      }),
    countJob: (kind, outcome) => count((to) => to.jobs.inc({ kind, outcome })),
    async addTo(registry) {
      meters = await makeMeters(registry);
      for (const event of names.events) meters.events.inc({ event }, 0);
      for (const method of names.signInMethods) meters.signIns.inc({ method }, 0);
      for (const [type, counter] of meters.ofCatalogue)
        for (const labels of everyLabelSet(type, names.mails)) counter.inc(labels, 0);
      for (const kind of names.jobs) for (const outcome of JOB_OUTCOMES) meters.jobs.inc({ kind, outcome }, 0);
      for (const add of waiting.splice(0)) add(meters);
    },
  };
}

const known = (names: readonly string[], name: unknown): string => names.find((one) => one === name) ?? 'other';

/** Returns every combination of the labels' values. */
function everyLabelSet(type: EventType, mails: readonly string[]): Record<string, string>[] {
  const { fields } = entryOf(type);
  return labelsOf(type).reduce<Record<string, string>[]>(
    (sets, name) => {
      const field = fields[name];
      return sets.flatMap((set) => (field ? valuesOf(field, mails) : []).map((value) => ({ ...set, [name]: value })));
    },
    [{}],
  );
}

async function makeMeters(registry: Registry): Promise<Meters> {
  const { Counter, Histogram } = await import('prom-client');
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'common_id_http_requests_total',
      help: 'Answered requests, by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    seconds: new Histogram({
      name: 'common_id_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer, by route.',
      labelNames: ['route'],
      buckets: SECONDS,
      registers,
    }),
    events: new Counter({
      name: 'common_id_events_total',
      help: 'Events of the ledger, by type; docs/storage.md lists them.',
      labelNames: ['event'],
      registers,
    }),
    signIns: new Counter({
      name: 'common_id_sign_ins_total',
      help: 'Sign-ins, by method: the amr values of the ID token.',
      labelNames: ['method'],
      registers,
    }),
    ofCatalogue: new Map(
      EVENT_TYPES.filter((type) => entryOf(type).without !== 'metric').map((type) => {
        const help = `${entryOf(type).tells} Event ${type}.`;
        return [type, new Counter({ name: metricOf(type), help, labelNames: labelsOf(type), registers })];
      }),
    ),
    jobs: new Counter({
      name: 'common_id_job_runs_total',
      help: 'Runs of jobs, by kind and outcome: done, retried (tried again later), failed (for good).',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
  };
}
