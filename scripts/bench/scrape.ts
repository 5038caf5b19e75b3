// Measures a scrape of many series that several workers add up: npm run bench -- scrape [series] [workers].
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createAdminHandler, type ProcessReport } from '../../src/telemetry/admin-handler.ts';
import { measure } from './measure.ts';

const WORKER = fileURLToPath(new URL('scrape-worker.ts', import.meta.url));
const WARM_UP = 10;
const SCRAPES = 40;

/** Runs the measurement; `tell` receives the result. */
export async function measureScrape(series: number, workers: number, tell: (line: string) => void): Promise<void> {
  const children = Array.from({ length: workers }, () => fork(WORKER, [String(series)], { execArgv: ['--no-warnings'] }));
  const server = createServer(
    createAdminHandler('127.0.0.1', { processes: workers, reports: async () => Promise.all(children.map(askOne)) }),
  );
  try {
    await Promise.all(children.map(async (child) => once(child, 'message')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const scrape = async (): Promise<string> => (await fetch(url)).text();
    await measure(scrape, { count: WARM_UP, atOnce: 1 });
    const { p50, p99 } = await measure(scrape, { count: SCRAPES, atOnce: 1 });
    const lines = (await scrape()).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    tell(`${lines} series of ${workers} workers: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  } finally {
    server.close();
    for (const child of children) child.kill();
  }
}

async function askOne(child: ChildProcess): Promise<ProcessReport> {
  const answer = once(child, 'message');
  child.send('report');
  const [report] = (await answer) as [ProcessReport];
  return report;
}
