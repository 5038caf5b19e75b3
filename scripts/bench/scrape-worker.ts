// A worker of scrape.ts: a process with many series, which answers each message with its report.
import { createMetrics } from '../../src/telemetry/metrics.ts';

const [series = '10000'] = process.argv.slice(2);
/** Each of these requests has a counter and a histogram with eleven buckets. */
const PER_ROUTE = 15;
/** The metrics of Node. */
const OF_NODE = 80;

const status = {
  draining: false,
  hashLane: { running: 0, waiting: 0, places: 64 },
  configuration: { version: 'bench', inForceSince: 0 },
};
const metrics = createMetrics(status, { events: [], signInMethods: [], jobs: [], mails: [] });
await metrics.load();
for (let route = 0; route < (Number(series) - OF_NODE) / PER_ROUTE; route += 1) {
  const path = `/interaction/:uid/step-${route}`;
  for (let request = 0; request < 3; request += 1)
    metrics.countRequest({ method: 'GET', route: path, status: 200, seconds: Math.random() });
}
const readiness = { status: 'ready', database: 'answers', draining: false };
process.on('message', () => {
  void metrics.text().then((text) => process.send?.({ pid: process.pid, readiness, metrics: text }));
});
process.send?.('ready');
