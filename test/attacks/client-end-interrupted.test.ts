// The process dies at each write of the end of a client; another one tells the client of every session, once (design/reality.md R33).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '../../src/config/config.ts';
import { createJobQueue, type ClientEnd, type LoggedOut } from '../../src/jobs/job-queue.ts';
import { writeClientSet } from '../../src/oidc/clients/client-ends.ts';
import { createLogOutOfClient, enqueueLogOutOfClient } from '../../src/oidc/clients/log-out-of-client.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { dyingAfter } from './support/dying-storage.ts';

/** More writes than the end of the client has. */
const MOST_WRITES = 40;
const SESSIONS = 401;
/** The sessions in which the client was used: the first and the last of each part, and the one after them. */
const USED = [0, 199, 200, 399, 400];
const LEASE_MS = 60_000;

let ahead = 0;
const clock = (): number => Date.now() + ahead;
let directory: string;
let storage: Storage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'client-end-'));
  storage = await openStorage(`sqlite:${join(directory, 'common-id.sqlite')}`, clock);
  const clients = Array.from({ length: MOST_WRITES }, (_, n) => `gone-${n}`);
  await Promise.all(
    Array.from({ length: SESSIONS }, async (_, n) => {
      const authorizations = USED.includes(n) ? Object.fromEntries(clients.map((id) => [id, { sid: `${n}` }])) : {};
      const session = { accountId: `a-${n}`, uid: `u-${n}`, authorizations };
      await storage.artifacts.save('Session', String(n).padStart(4, '0'), session, clock() + 86_400_000);
    }),
  );
});
afterAll(async () => {
  await storage.close();
  await rm(directory, { recursive: true, force: true });
});

/** A process that applies a configuration and runs the jobs that are due. */
async function runProcess(on: Storage, clients: Client[]): Promise<void> {
  const records = guardRecords(on, clock);
  const jobs = createJobQueue(records.jobs, clock);
  const onEnd = async (client: Client, since: number): Promise<void> => enqueueLogOutOfClient(jobs, client, since);
  await writeClientSet(records.artifacts, clients, clock(), 3600, onEnd);
  const handler = createLogOutOfClient({ storage: records, jobs });
  for (;;) {
    const [job] = await on.jobs.lease(1, LEASE_MS, 'log_out_of_client');
    if (!job) return;
    await handler.run(job.payload as ClientEnd, job, new AbortController().signal);
    await on.jobs.complete(job.key, job.lease ?? '');
  }
}

test('R33 the process dies at each write of the end of a client: every session of it is told, once', async () => {
  let deaths = 0;
  for (let writes = 0; writes < MOST_WRITES; writes += 1) {
    const metadata = { client_id: `gone-${writes}`, backchannel_logout_uri: 'http://127.0.0.1:9/told' };
    await runProcess(storage, [{ metadata, enabled: true } as Partial<Client> as Client]);
    ahead += 1000;
    const dying = dyingAfter(storage, writes);
    await runProcess(dying.storage, []).catch(() => undefined);
    ahead += 2 * LEASE_MS;
    await runProcess(storage, []);
    const told = await storage.jobs.lease(100, LEASE_MS, 'backchannel_logout');
    const payloads = told.map(({ payload }) => payload as LoggedOut);
    expect([writes, payloads.map(({ sid }) => Number(sid)).toSorted((a, b) => a - b)]).toEqual([writes, USED]);
    for (const { client_id: clientId, removed } of payloads) {
      expect([clientId, removed]).toEqual([metadata.client_id, expect.objectContaining(metadata)]);
    }
    for (const { key, lease = '' } of told) await storage.jobs.complete(key, lease);
    if (!dying.died()) break;
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(8);
  expect(deaths).toBeLessThan(MOST_WRITES - 1);
});
