// Reports whether this process is alive, and whether it should get requests.
import Router from 'koa-router';
import type { ProcessStatus } from './process-status.ts';

const PING_TIMEOUT_MS = 1500;

/** The database; `ping` throws if it can neither read nor write. */
type Database = { ping(): Promise<void> };

/** The report for operators. Everybody else gets `status` only. */
export type Readiness = {
  status: 'ready' | 'not ready';
  database: 'answers' | 'does not answer';
  draining: boolean;
  /** Processes that have read the same files have the same `version`. */
  configuration: { version: string; in_force_since: string; rejected?: { at: string; mistakes: number } };
};

/** Checks the database, and reports the state of this process. */
export async function describeReadiness(storage: Database, status: ProcessStatus): Promise<Readiness> {
  const database = await answersInTime(storage);
  const { draining, configuration } = status;
  const { version, inForceSince, rejected } = configuration;
  return {
    status: database && !draining ? 'ready' : 'not ready',
    database: database ? 'answers' : 'does not answer',
    draining,
    configuration: {
      version,
      in_force_since: new Date(inForceSince).toISOString(),
      // The last valid configuration stays in force, so the process is ready. The log has the mistakes.
      ...(rejected && { rejected: { at: new Date(rejected.at).toISOString(), mistakes: rejected.mistakes } }),
    },
  };
}

/** Creates the router of `GET /health/live` and `GET /health/ready`. These are public, so they return the status without reasons. */
export function createHealthRouter(storage: Database, processStatus: ProcessStatus): Router {
  const router = new Router();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'alive' };
  });
  router.get('/health/ready', async (ctx) => {
    const { status } = await describeReadiness(storage, processStatus);
    ctx.set('Cache-Control', 'no-store');
    ctx.status = status === 'ready' ? 200 : 503;
    ctx.body = { status };
  });
  return router;
}

async function answersInTime(storage: Database): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), PING_TIMEOUT_MS).unref());
  const ping = storage.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([ping, timeout]);
}
