// The lane in which passwords are hashed: bounded, and shared fairly by network, address, and account or draft. It is of one process, as
// the processor's time is. Nothing is logged here: a flood is counted.

import { setTimeout } from 'node:timers/promises';

/** The lane is full, or this asker has used its share of the minute. Nothing was hashed. Answer 503 with `Retry-After`. */
export class HashingLaneFull extends Error {
  override name = 'HashingLaneFull';
  readonly code = 'busy';
  readonly status = 503;
  /** In the metrics; it is not logged, so that a flood does not fill the log. */
  readonly isCounted = true;
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('too many passwords are being hashed');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Who asks for a hash. The values are keys and are shown nowhere. */
export type HashAsker = {
  /** See `networkOf`. */
  network: string;
  /** See `sourceOf`. */
  source: string;
  /** `account`s and `draft`s have budgets of their own; without one, only the source's counts. */
  subject?: { kind: 'account' | 'draft'; id: string };
  /** A browser in which the account has signed in before. It has a part of the lane to itself and does not share its source's budget. */
  knownDevice?: string;
};

/** Why a hash was refused: a budget of the minute is used up, or the queue is full. */
export type HashRefusal = 'source' | 'account' | 'draft' | 'full';

export type LaneOptions = {
  /** How many hashes run at once. */
  concurrency: number;
  /** How many wait. A quarter of the places is kept for known devices. */
  queueLimit: number;
  /** Hashes a minute, in this process. */
  perMinute: { address: number; account: number; draft: number };
  /** Epoch milliseconds. */
  clock: () => number;
  onRefused?: (reason: HashRefusal) => void;
  /**
   * A refusal is answered after so many milliseconds, at once by default. A client that asks again as soon as it is refused would otherwise
   * take the event loop from everybody else.
   */
  refusalDelayMs?: number;
};

/** Runs the work when there is room. @throws {HashingLaneFull} if it was refused; the work did not run */
export type HashingLane = <T>(asker: HashAsker | undefined, work: () => Promise<T>) => Promise<T>;

type Names = { network: string; source: string; subject: string };
type Waiting = Names & { start(): void; refuse(): void };

const MINUTE_MS = 60_000;
// The whole queue takes about this long; a client that waits this long finds room.
const RETRY_AFTER_SECONDS = 2;
/** So many refusals wait at once; one more is answered at once, so that a flood cannot fill the memory with them. */
const MOST_DELAYED = 1000;
/** How many keys the turns remember; beyond that, they start over. */
const MOST_TURNS = 10_000;
/** From the outer circle to the inner one: first networks are treated alike, in them addresses, in those accounts and drafts. */
const CIRCLES = ['network', 'source', 'subject'] as const;

export function createHashingLane(options: LaneOptions): HashingLane {
  const { concurrency, queueLimit, clock, refusalDelayMs = 0 } = options;
  const reserved = Math.floor(queueLimit / 4);
  const lines: Record<'known' | 'others', Waiting[]> = { known: [], others: [] };
  const spend = createBudgets(options);
  const turns = createTurns();
  let running = 0;
  let delayed = 0;
  let lastServed: keyof typeof lines = 'others';

  const full = (): HashingLaneFull => {
    options.onRefused?.('full');
    return new HashingLaneFull(RETRY_AFTER_SECONDS);
  };

  function hasRoom(line: keyof typeof lines): boolean {
    if (lines.known.length + lines.others.length >= queueLimit) return false;
    return line === 'known' || lines.others.length < queueLimit - reserved;
  }

  /** Resolves with the place of somebody who has left, who does not free it in between: nobody can slip in. */
  async function waitInLine(line: keyof typeof lines, names: Names): Promise<void> {
    if (!hasRoom(line)) {
      // Every network is guaranteed one waiting place: a network with several gives one up for a network without any.
      const victim = whoGivesUp(lines[line], names);
      if (!victim) throw full();
      lines[line].splice(lines[line].indexOf(victim), 1);
      victim.refuse();
    }
    await new Promise<void>((resolve, reject) => {
      lines[line].push({ ...names, start: resolve, refuse: () => reject(full()) });
    });
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
    await setTimeout(refusalDelayMs, undefined, { ref: false });
    delayed -= 1;
  }

  return async (asker, work) => {
    const names = namesOf(asker);
    await enter(asker, names).catch(async (refusal: unknown) => {
      await delayRefusal();
      throw refusal;
    });
    turns.served(names);
    try {
      return await work();
    } finally {
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

/** Counts hashes by the minute. Only those that were let in are counted, so that refused ones fill no memory. */
function createBudgets({ perMinute, onRefused }: LaneOptions): (asker: HashAsker | undefined, now: number) => void {
  let minute = 0;
  let spent = new Map<string, number>();
  return (asker, now) => {
    const current = Math.floor(now / MINUTE_MS);
    if (current !== minute) [minute, spent] = [current, new Map()];
    if (!asker) return;
    const { source, subject, knownDevice } = asker;
    const budgets: [HashRefusal, string, number][] = [
      ...(knownDevice === undefined ? [['source', source, perMinute.address] as [HashRefusal, string, number]] : []),
      ...(subject ? [[subject.kind, namesOf(asker).subject, perMinute[subject.kind]] as [HashRefusal, string, number]] : []),
    ];
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
      let [first] = waiting;
      for (const other of waiting) {
        const [mine, theirs] = [first as Waiting, other].map((names) => keysOf(names).map((key) => last.get(key) ?? 0));
        const circle = CIRCLES.findIndex((_, index) => mine?.[index] !== theirs?.[index]);
        if (circle >= 0 && (theirs?.[circle] ?? 0) < (mine?.[circle] ?? 0)) first = other;
      }
      return first;
    },
  };
}

/** The last in line of those who have two places more than the newcomer's; nobody where the newcomer has its share. */
function whoGivesUp(line: Waiting[], newcomer: Names): Waiting | undefined {
  let pool = line;
  let mayTake = false;
  for (const circle of CIRCLES) {
    const groups = Map.groupBy(pool, (waiting) => waiting[circle]);
    const own = groups.get(newcomer[circle]) ?? [];
    const largest = [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), own);
    // Inside that circle, the address, and then the account, with the most places gives one up.
    mayTake ||= largest.length > own.length + 1;
    if (!mayTake && own.length < largest.length) return undefined;
    pool = mayTake ? largest : own;
  }
  return mayTake ? pool.at(-1) : undefined;
}
