// Makes a dealer's API fail on demand, to show and test how its callers cope.
import { setTimeout as wait } from 'node:timers/promises';
import type { Middleware } from 'koa';
import type { PageState } from '../../http/page-context.ts';
import { Problem } from '../../http/problem.ts';

/** `down` answers 503, `slow` waits 30 s, `garbage` answers 200 with a body that is not JSON, `reset` cuts the connection. */
export const FAULTS = ['none', 'down', 'slow', 'garbage', 'reset'] as const;
export type Fault = (typeof FAULTS)[number];

const SLOW_MS = 30_000;

export type Faults = {
  of(dealer: string): Fault;
  set(dealer: string, fault: Fault): void;
  /** Middleware that runs before the API's routes, once `ctx.params.dealer` is set. */
  strike(dealer: string, ctx: Parameters<Middleware<PageState>>[0], next: () => Promise<unknown>): Promise<void>;
};

/** Creates the switch for each dealer. It is kept in memory: after a restart no dealer is faulty. */
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
          throw new Problem(503, 'dealer_down', 'The dealer is down because a fault was switched on.', {
            headers: { 'Retry-After': '5' },
          });
        case 'slow':
          // `ref: false`: this wait must not keep the process from exiting.
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
