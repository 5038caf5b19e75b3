// Whether this process lives, and whether it should get requests.
import Router from 'koa-router';
import type { Records } from '../storage/records.ts';
import type { ProcessStatus } from './process-status.ts';

const PING_TIMEOUT_MS = 1500;

/** `GET /health/live` and `GET /health/ready`. */
export function createHealthRouter(storage: Pick<Records, 'ping'>, status: ProcessStatus): Router {
  const router = new Router();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'alive' };
  });
  router.get('/health/ready', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const database = await answersInTime(storage);
    const { draining, configuration } = status;
    ctx.status = database && !draining ? 200 : 503;
    ctx.body = {
      status: ctx.status === 200 ? 'ready' : 'not ready',
      database: database ? 'answers' : 'does not answer',
      draining,
      configuration: {
        version: configuration.version,
        in_force_since: new Date(configuration.inForceSince).toISOString(),
        // The last good one serves everybody, so that this process stays ready. The mistakes themselves stand in the log.
        ...(configuration.rejected && {
          rejected: { at: new Date(configuration.rejected.at).toISOString(), mistakes: configuration.rejected.mistakes },
        }),
      },
    };
  });
  return router;
}

async function answersInTime(storage: Pick<Records, 'ping'>): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), PING_TIMEOUT_MS).unref());
  const ping = storage.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([ping, timeout]);
}
