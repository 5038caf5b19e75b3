// The queue in front of the application. Each request is answered or refused in time, however many come.
//
// Node accepts one new connection in each turn of the event loop, and hands over every request that it has read. If all of them began at
// once, a turn with 200 connections would take as long as 200 requests, and a new connection would wait for many such turns. So requests
// wait here, and a turn begins new ones for a few milliseconds only. Requests that have begun are not held up.
//
// The queue is bounded by time. Lines take turns, so that a flood at one endpoint delays and refuses the requests of its own line alone.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { markRefused, retryAfterSeconds } from '../http/server-busy.ts';

export type RequestQueueOptions<Line extends string> = {
  /** Answers a request; 503 if it is marked with `markRefused`. */
  handle: RequestListener;
  /** Returns the line that a request waits in; `undefined` if it begins at once and is never refused. */
  lineOf: (request: IncomingMessage) => Line | undefined;
  /** How long a request waits at most before it begins. */
  longestWaitMs: number;
  /** Called for each refused request. */
  onRefused: (line: Line) => void;
  /** Milliseconds that only grow. */
  now?: () => number;
  /** Runs the work after the events of this turn. */
  afterEvents?: (work: () => void) => void;
};

export type RequestQueue = {
  /** Takes a request. */
  take: RequestListener;
  /** Reports a new connection: more of them may wait to be accepted. */
  noteConnection: () => void;
};

/** A line; without a name, that of the refused ones. */
type Queued<Line> = { name: Line | undefined; waiting: Waiting[] };
type Waiting = { request: IncomingMessage; response: ServerResponse; since: number };

/** For how long a turn begins requests. Writes of one turn share a transaction, so it is longer than one request. */
const TURN_MS = 5;
/** So many turns in a row begin nothing, while each brings a new connection. */
const MOST_TURNS_FOR_CONNECTIONS = 16;

/** Creates the queue of this process. */
export function createRequestQueue<Line extends string>(options: RequestQueueOptions<Line>): RequestQueue {
  const { handle, lineOf, longestWaitMs, onRefused, now = () => performance.now(), afterEvents = setImmediate } = options;
  const lines = new Map<Line, Queued<Line>>();
  // Those that are refused take turns with the others, because telling them costs time, too.
  const refused: Queued<Line> = { name: undefined, waiting: [] };
  const circle = [refused];
  let last = 0;
  let isScheduled = false;
  let isAccepting = false;
  let turnsForConnections = 0;
  let worked = 0;
  let readAt = now();

  function lineNamed(name: Line): Queued<Line> {
    const found = lines.get(name);
    if (found) return found;
    const made = { name, waiting: [] };
    lines.set(name, made);
    circle.push(made);
    return made;
  }

  /** The time in which this process worked. If it was stopped for long, few have to wait after that, so most of a stop does not count. */
  function workedMs(): number {
    const at = now();
    worked += Math.min(at - readAt, longestWaitMs / 4);
    readAt = at;
    return worked;
  }

  const hasWaited = (waiting: Waiting | undefined, ms: number): boolean =>
    waiting !== undefined && workedMs() - waiting.since >= ms;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    afterEvents(turn);
  }

  function turn(): void {
    isScheduled = false;
    workedMs();
    if (isAccepting && turnsForConnections < MOST_TURNS_FOR_CONNECTIONS) {
      isAccepting = false;
      turnsForConnections += 1;
      return schedule();
    }
    isAccepting = false;
    turnsForConnections = 0;
    const end = now() + TURN_MS;
    do {
      const line = nextLine();
      const first = line?.waiting.shift();
      if (!line || !first) return;
      begin(first, line.name);
    } while (now() < end);
    schedule();
  }

  /** Returns the line whose turn it is; `undefined` if nobody waits. */
  function nextLine(): Queued<Line> | undefined {
    for (let step = 1; step <= circle.length; step += 1) {
      const at = (last + step) % circle.length;
      const line = circle[at];
      if (!line?.waiting.length) continue;
      last = at;
      return line;
    }
    return undefined;
  }

  function begin(waiting: Waiting, line: Line | undefined): void {
    const { request, response } = waiting;
    // The client has gone, so nobody would read the answer.
    if (response.destroyed) return;
    const isLate = line !== undefined && hasWaited(waiting, longestWaitMs);
    if (isLate) onRefused(line);
    if (isLate || line === undefined) markRefused(request);
    handle(request, response);
  }

  return {
    take(request, response) {
      const since = workedMs();
      const name = lineOf(request);
      if (name === undefined) return handle(request, response);
      const line = lineNamed(name);
      const waiting = { request, response, since };
      // The first one has waited for so long already that a newcomer would wait for too long.
      if (!hasWaited(line.waiting[0], longestWaitMs / 2)) {
        line.waiting.push(waiting);
      } else {
        onRefused(name);
        if (hasWaited(refused.waiting[0], longestWaitMs / 2)) return answerShort(response);
        refused.waiting.push(waiting);
      }
      schedule();
    },
    noteConnection() {
      isAccepting = true;
    },
  };
}

/** Refuses without the application: there is no time left even for its answer. */
function answerShort(response: ServerResponse): void {
  response.writeHead(503, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Retry-After': String(retryAfterSeconds()),
  });
  response.end('503 busy\n');
}
