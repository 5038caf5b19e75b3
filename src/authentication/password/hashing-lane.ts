// A bounded queue for password hashing, shared fairly by network, address, and account or draft. Each process has its own lane.
// Refusals are counted in the metrics and not logged, so that a flood does not fill the log.

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The lane is full, or this requester has used up its budget of the minute. Nothing was hashed. Answer 503 with `Retry-After`.
 */
export class HashingLaneFull extends Error {
  override name = 'HashingLaneFull';
  readonly code = 'busy';
  readonly status = 503;
  /** Counted in the metrics and not logged. */
  readonly isCounted = true;
  readonly retryAfterSeconds: number;
  /** Whether it was refused after the longest wait, and not at once. */
  readonly hasWaited: boolean;
  constructor(retryAfterSeconds: number, hasWaited = false) {
    super('too many passwords are being hashed');
    this.retryAfterSeconds = retryAfterSeconds;
    this.hasWaited = hasWaited;
  }
}

/** The requester of a hash. The values are keys and are never shown. */
export type HashAsker = {
  /** See `networkOf`. */
  network: string;
  /** See `sourceOf`. */
  source: string;
  /** Each account and each draft has its own budget. Without a subject only the source's budget counts. */
  subject?: { kind: 'account' | 'draft'; id: string };
  /** A browser in which the account has signed in before. It has reserved places and does not use its source's budget. */
  knownDevice?: string;
};

/** Why a hash was refused: a budget of the minute was used up, the queue was full, or its turn did not come in time. */
export type HashRefusal = 'source' | 'account' | 'draft' | 'full' | 'late';

export type LaneOptions = {
  /** How many hashes run at once. */
  concurrency: number;
  /** How many hashes may wait. A quarter of the places is reserved for known devices. */
  queueLimit: number;
  /** How long a hash waits at most for its turn; without a limit by default. */
  longestWaitMs?: number;
  /** Budgets in hashes per minute, for this process. */
  perMinute: { address: number; account: number; draft: number };
  /** Epoch milliseconds. */
  clock: () => number;
  onRefused?: (reason: HashRefusal) => void;
  /** Is kept up to date, for the metrics. Several lanes may share one. */
  load?: { running: number; waiting: number };
  /**
   * Delays refusals by this many milliseconds; 0 by default. Otherwise a client that retries immediately would block the event
   * loop for other requests.
   */
  refusalDelayMs?: number;
};

/** Runs the work when there is room. @throws {HashingLaneFull} if it is refused; the work does not run then */
export type HashingLane = <T>(asker: HashAsker | undefined, work: () => Promise<T>) => Promise<T>;

type Names = { network: string; source: string; subject: string };
type Waiting = Names & { start(): void; refuse(): void };

const MINUTE_MS = 60_000;
// The whole queue takes about this long, so there is room again afterwards.
const RETRY_AFTER_SECONDS = 2;
/** The number of delayed refusals at once. Further ones are answered immediately, so that a flood cannot fill the memory. */
const MOST_DELAYED = 1000;
/** How many keys the turns remember. Above that they are cleared. */
const MOST_TURNS = 10_000;
/**
 * Places are shared equally between networks, within a network between addresses, and within an address between accounts and
 * drafts.
 */
const CIRCLES = ['network', 'source', 'subject'] as const;

/** Makes a lane for this process. */
export function createHashingLane(options: LaneOptions): HashingLane {
  const { concurrency, queueLimit, longestWaitMs = 0, clock, refusalDelayMs = 0, load = { running: 0, waiting: 0 } } = options;
  const reserved = Math.floor(queueLimit / 4);
  const lines: Record<'known' | 'others', Waiting[]> = { known: [], others: [] };
  const spend = createBudgets(options);
  const turns = createTurns();
  let running = 0;
  let delayed = 0;
  let lastServed: keyof typeof lines = 'others';

  const full = (reason: HashRefusal = 'full'): HashingLaneFull => {
    options.onRefused?.(reason);
    return new HashingLaneFull(RETRY_AFTER_SECONDS, reason === 'late');
  };

  function hasRoom(line: keyof typeof lines): boolean {
    if (lines.known.length + lines.others.length >= queueLimit) return false;
    return line === 'known' || lines.others.length < queueLimit - reserved;
  }

  /**
   * Resolves when a finished hash hands its place over. The place is never free in between, so that no later request can take it.
   */
  async function waitInLine(line: keyof typeof lines, names: Names): Promise<void> {
    if (!hasRoom(line)) {
      // Every network is guaranteed one waiting place: a network with several gives one up to a network without any.
      const victim = whoGivesUp(lines[line], names);
      if (!victim) throw full();
      lines[line].splice(lines[line].indexOf(victim), 1);
      victim.refuse();
    }
    load.waiting += 1;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { ...names, start: resolve, refuse: () => reject(full()) };
    lines[line].push(waiting);
    const late = (): void => {
      lines[line].splice(lines[line].indexOf(waiting), 1);
      reject(full('late'));
    };
    const timer = longestWaitMs > 0 ? setTimeout(late, longestWaitMs) : undefined;
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      load.waiting -= 1;
    }
  }

  function next(): Waiting | undefined {
    // The two queues alternate, so that neither delays the other.
    const other = lastServed === 'known' ? 'others' : 'known';
    const line = lines[other].length > 0 ? other : lastServed;
    const waiting = turns.longestUnserved(lines[line]);
    if (!waiting) return undefined;
    lastServed = line;
    lines[line].splice(lines[line].indexOf(waiting), 1);
    return waiting;
  }

  async function enter(asker: HashAsker | undefined, names: Names): Promise<void> {
    spend(asker, clock());
    if (running < concurrency) running += 1;
    else await waitInLine(asker?.knownDevice === undefined ? 'others' : 'known', names);
  }

  async function delayRefusal(): Promise<void> {
    if (refusalDelayMs === 0 || delayed >= MOST_DELAYED) return;
    delayed += 1;
    await sleep(refusalDelayMs, undefined, { ref: false });
    delayed -= 1;
  }

  return async (asker, work) => {
    const names = namesOf(asker);
    await enter(asker, names).catch(async (refusal: unknown) => {
      if (!(refusal instanceof HashingLaneFull && refusal.hasWaited)) await delayRefusal();
      throw refusal;
    });
    turns.served(names);
    load.running += 1;
    try {
      return await work();
    } finally {
      load.running -= 1;
      const waiting = next();
      if (waiting) waiting.start();
      else running -= 1;
    }
  };
}

function namesOf(asker: HashAsker | undefined): Names {
  const { network = '', source = '', subject, knownDevice = '' } = asker ?? {};
  return { network, source, subject: subject ? `${subject.kind}:${subject.id}:${knownDevice}` : '' };
}

/** Makes the budgets per minute. Refused requests are not counted, so that they use no memory. */
function createBudgets({ perMinute, onRefused }: LaneOptions): (asker: HashAsker | undefined, now: number) => void {
  let minute = 0;
  let spent = new Map<string, number>();
  return (asker, now) => {
    const current = Math.floor(now / MINUTE_MS);
    if (current !== minute) [minute, spent] = [current, new Map()];
    if (!asker) return;
    const { source, subject, knownDevice } = asker;
    const budgets: [HashRefusal, string, number][] = [];
    if (knownDevice === undefined) budgets.push(['source', source, perMinute.address]);
    if (subject) budgets.push([subject.kind, namesOf(asker).subject, perMinute[subject.kind]]);
    for (const [reason, key, most] of budgets) {
      if ((spent.get(key) ?? 0) < most) continue;
      onRefused?.(reason);
      throw new HashingLaneFull(Math.max(1, ((current + 1) * MINUTE_MS - now) / 1000));
    }
    for (const [, key] of budgets) spent.set(key, (spent.get(key) ?? 0) + 1);
  };
}

/** Remembers when each key was last served. */
function createTurns(): { served(names: Names): void; longestUnserved(waiting: Waiting[]): Waiting | undefined } {
  const last = new Map<string, number>();
  let turn = 0;
  const keysOf = (names: Names): string[] => CIRCLES.map((circle) => `${circle}:${names[circle]}`);
  return {
    served(names) {
      if (last.size > MOST_TURNS) last.clear();
      turn += 1;
      for (const key of keysOf(names)) last.set(key, turn);
    },
    longestUnserved(waiting) {
      const turnsOf = (names: Names): number[] => keysOf(names).map((key) => last.get(key) ?? 0);
      let [first] = waiting;
      for (const other of waiting) if (first && isBefore(turnsOf(other), turnsOf(first))) first = other;
      return first;
    },
  };
}

/** Whether the first number that differs is lower. */
function isBefore(turns: readonly number[], others: readonly number[]): boolean {
  const index = turns.findIndex((turn, at) => turn !== others[at]);
  return (turns[index] ?? 0) < (others[index] ?? 0);
}

/**
 * Chooses the waiting hash that gives its place up to a newcomer: the last one of a group that has at least two places more than
 * the newcomer's group. The group is a network, or else an address of the newcomer's network, or else an account of its address.
 * Of groups with equally many places, the one that joined the line last gives up its last place. Returns `undefined` if there is no such group.
 */
function whoGivesUp(line: Waiting[], newcomer: Names): Waiting | undefined {
  let pool = line;
  let mayTake = false;
  for (const circle of CIRCLES) {
    const groups = Map.groupBy(pool, (waiting) => waiting[circle]);
    const own = groups.get(newcomer[circle]) ?? [];
    const largest = [...groups.values()].reduce((most, group) => (group.length >= most.length ? group : most), own);
    // Within that group, the address and then the account with the most places gives one up.
    mayTake ||= largest.length > own.length + 1;
    pool = mayTake ? largest : own;
  }
  return mayTake ? pool.at(-1) : undefined;
}
