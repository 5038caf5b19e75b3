// Faults of a dealer's API on demand, for demonstrations and tests of what stands before it.
import { setTimeout as wait } from 'node:timers/promises';
import type { Middleware } from 'koa';
import type { PageState } from '../../http/page-context.ts';
import { Problem } from './problem.ts';

/** `down` answers 503, `slow` after 30 s, `garbage` 200 with something else, `reset` cuts the connection. */
export const FAULTS = ['none', 'down', 'slow', 'garbage', 'reset'] as const;
export type Fault = (typeof FAULTS)[number];

const SLOW_MS = 30_000;

export type Faults = {
  of(dealer: string): Fault;
  set(dealer: string, fault: Fault): void;
  /** Goes in front of the routes of the API, behind what finds `ctx.params.dealer`. */
  strike(dealer: string, ctx: Parameters<Middleware<PageState>>[0], next: () => Promise<unknown>): Promise<void>;
};

/** Kept in memory: after a restart all dealers are well. */
export function createFaults(): Faults {
  const faults = new Map<string, Fault>();
  const of = (dealer: string): Fault => faults.get(dealer) ?? 'none';
  return {
    of,
    set: (dealer, fault) => void faults.set(dealer, fault),
    async strike(dealer, ctx, next) {
      switch (of(dealer)) {
        case 'none':
          break;
        case 'down':
          throw new Problem(503, 'dealer_down', 'The dealer is down, on demand.', { headers: { 'Retry-After': '5' } });
        case 'slow':
          // Not kept alive for this: the program may stop meanwhile.
          await wait(SLOW_MS, undefined, { ref: false });
          break;
        case 'garbage':
          ctx.type = 'html';
          ctx.body = '<html>It works!';
          return;
        case 'reset':
          ctx.respond = false;
          ctx.req.socket.resetAndDestroy();
          return;
      }
      await next();
    },
  };
}
