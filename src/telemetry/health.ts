// Whether this process lives, and whether it should get requests.
import Router from 'koa-router';
import type { Storage } from '../storage/storage.ts';

const PING_TIMEOUT_MS = 1500;

export type Readiness = {
  /** From now on `/health/ready` is 503, so that a load balancer sends nobody new. */
  drain(): void;
};

/** `GET /health/live` and `GET /health/ready`. */
export function createHealthRouter(storage: Pick<Storage, 'ping'>): { router: Router; readiness: Readiness } {
  let draining = false;
  const router = new Router();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'alive' };
  });
  router.get('/health/ready', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const database = await answersInTime(storage);
    ctx.status = database && !draining ? 200 : 503;
    ctx.body = {
      status: ctx.status === 200 ? 'ready' : 'not ready',
      database: database ? 'answers' : 'does not answer',
      draining,
    };
  });
  return { router, readiness: { drain: () => void (draining = true) } };
}

async function answersInTime(storage: Pick<Storage, 'ping'>): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), PING_TIMEOUT_MS).unref());
  const ping = storage.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([ping, timeout]);
}
