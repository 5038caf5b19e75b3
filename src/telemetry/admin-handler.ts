// Serves metrics and detailed readiness on ADMIN_PORT, for the operators' own network only.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { addUp, type MetricsText } from './add-up.ts';
import type { Readiness } from './health.ts';

/** One process's report. */
export type ProcessReport = { pid: number; readiness: Readiness; metrics: MetricsText };

export type AdminSources = {
  /** Returns the reports of this machine's processes that serve the common ID, without those that do not answer in time. */
  reports(): Promise<ProcessReport[]>;
  /** The expected number of processes. */
  processes: number;
};

/**
 * Creates the handler of `GET /metrics` (the sum of all processes), `GET /health/ready` (one entry for each process) and `GET /health/live`.
 * @param host the address it listens on. On a loopback address it refuses foreign host names, so that no website can read it
 * through a browser on this machine (DNS rebinding)
 */
export function createAdminHandler(host: string, sources: AdminSources): RequestListener {
  const answers: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/health/live': async (response) => sendJson(response, 200, { status: 'alive' }),
    '/health/ready': async (response) => {
      const reports = await sources.reports();
      const ready = reports.filter(({ readiness }) => readiness.status === 'ready').length;
      const isReady = ready === sources.processes;
      const processes = reports.map(({ pid, readiness }) => ({ pid, ...readiness }));
      sendJson(response, isReady ? 200 : 503, {
        status: isReady ? 'ready' : 'not ready',
        ready,
        expected: sources.processes,
        processes,
      });
    },
    '/metrics': async (response) => {
      const reports = await sources.reports();
      send(response, 200, METRICS, addUp(reports.map(({ metrics }) => metrics)));
    },
  };
  return (request, response) => {
    if (isLoopback(host) && !isOfThisMachine(request)) return send(response, 421, TEXT, 'This name is not served here.\n');
    const [path = ''] = (request.url ?? '').split('?');
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (!answer) return send(response, 404, TEXT, 'There are /metrics, /health/ready and /health/live.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, TEXT, 'Only GET is answered.\n');
    answer(response).catch(() => send(response, 500, TEXT, 'The report could not be created.\n'));
  };
}

const TEXT = 'text/plain; charset=utf-8';
/** The text format of Prometheus. */
const METRICS = 'text/plain; version=0.0.4; charset=utf-8';

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

/** Browsers send the name that a page was loaded from in Host; local tools send localhost or an address. */
function isOfThisMachine({ headers }: IncomingMessage): boolean {
  const name = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
