// F8: a dealer is down while many links wait for it. It gets few calls, and after its return each link is delivered once.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import type { Deps } from '../../src/deps.ts';
import { createDealerBreaker, FAILURES_IN_A_ROW } from '../../src/jobs/dealer-breaker.ts';
import { createDealerLinkDelivery } from '../../src/jobs/deliver-dealer-link.ts';
import { deliveryKey, enqueueDelivery } from '../../src/jobs/enqueue-delivery.ts';
import { NO_TRACES } from '../../src/telemetry/traces.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { createJobRunner, LANE_WIDTH, type JobHandler } from '../../src/jobs/runner.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import { eventAbout, sampleAccount, sampleDealerLink } from '../../test/storage/conformance/samples.ts';
import type { Fault } from './fault.ts';

const DEALER = 'kanagawa-toyota';
/** The breaker's pause; half a minute in production. */
const OPEN_MS = 300;
const BACK_WITHIN_MS = 120_000;

export const dealerAway: Fault = {
  id: 'F8',
  title: 'a dealer is down while links wait for it',
  backends: ['SQLite'],
  async run(backend, short) {
    const count = short ? 60 : 1_000;
    const dealer = await startDealer();
    const storage = await openStorage(await backend.makeDatabase(), Date.now);
    const jobs = createJobQueue(storage.jobs, Date.now);
    const log = pino({ level: 'silent' });
    const mails: unknown[] = [];
    const deps = {
      storage: guardRecords(storage, Date.now),
      jobs,
      clock: Date.now,
      log,
      config: {
        issuer: 'http://localhost',
        keys: makeSecretKeys({ hmac: 'hmac-key-of-the-fault', subject: undefined, ledger: undefined }),
        dealers: [{ code: DEALER, name: { ja: DEALER, en: DEALER }, resource: dealer.url }],
        dealerDelivery: { giveUpAfterSeconds: 3600 },
      },
      keys: { sign: async () => 'token' },
      traces: NO_TRACES,
      emit: () => undefined,
    } as unknown as Deps;
    const done: JobHandler = { run: async (payload) => void mails.push(payload), giveUpAfterMs: 60_000 };
    const { deliver, update } = createDealerLinkDelivery(deps, createDealerBreaker(deps, OPEN_MS));
    const handlers = {
      send_mail: done,
      send_sms: done,
      mail_password_reset: done,
      move_login_number: done,
      withdraw_dealer_link: done,
      withdraw_erased_link: done,
      settle_user_handle: done,
      deliver_dealer_link: deliver,
      update_dealer_link: update,
      follow_migration: done,
      tell_account_change: done,
      backchannel_logout: done,
      log_out_of_client: done,
      end_account: done,
      look_up_lost_mailbox: done,
      change_lost_mailbox: done,
      expire_lost_mailbox: done,
      erase_account: done,
      remove_second_factor: done,
      send_wave: done,
    };
    const keys = await writeLinks(storage, jobs, count);
    const runner = createJobRunner(deps, () => handlers);
    try {
      const began = performance.now();
      runner.start();
      await untilTrue(
        'every link was tried',
        async () => {
          const states = await Promise.all(keys.map(async (key) => storage.jobs.find(key)));
          return states.every((job) => (job?.attempts ?? 0) > 0);
        },
        BACK_WITHIN_MS,
      );
      await sleep(3 * OPEN_MS);
      const calls = dealer.calls();
      const periods = Math.ceil((performance.now() - began) / OPEN_MS);
      // The calls in progress at the tenth failure, and then one for each pause.
      const most = FAILURES_IN_A_ROW + LANE_WIDTH + periods;
      assert(calls <= most, `${calls} calls while the dealer was down; ${most} in ${periods} periods would be spared enough`);
      assert.equal(dealer.made().length, 0);

      dealer.comeBack();
      const back = performance.now();
      await untilTrue('every link is made', async () => (await storage.jobs.countByState()).done === 2 * count, BACK_WITHIN_MS);
      assert.deepEqual(
        dealer.made().toSorted(),
        keys.map((_, n) => `link-${n}`).toSorted(),
        'a link was made twice, or not at all',
      );
      for (let n = 0; n < count; n += 1) assert.equal((await storage.dealerLinks.find(`link-${n}`))?.status, 'active');
      assert.equal(mails.length, count, 'not everybody was told once');
      return `${count} links; ${calls} calls in ${periods} periods while the dealer was down; all made once within ${((performance.now() - back) / 1000).toFixed(1)} s of its return`;
    } finally {
      await runner.stop();
      await storage.close();
      await dealer.close();
    }
  },
};

/** Writes pending links as the customers' consents do. */
async function writeLinks(storage: Storage, jobs: Deps['jobs'], count: number): Promise<string[]> {
  const keys: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const account = sampleAccount(`person-${n}`);
    const link = sampleDealerLink(`link-${n}`, { account_id: account.id, dealer: DEALER });
    await storage.accounts.create(account, eventAbout(account.id));
    await storage.dealerLinks.create(link, eventAbout(link.id));
    await enqueueDelivery(jobs, link);
    keys.push(deliveryKey(link));
  }
  return keys;
}

/** Starts a dealer's system that first refuses, cuts connections and answers garbage in turn, and later accepts links. */
async function startDealer() {
  let isDown = true;
  let calls = 0;
  const made: string[] = [];
  const server = createServer((request, response) => {
    calls += 1;
    const link = decodeURIComponent((request.url ?? '').split('/').at(-1) ?? '');
    request.resume().once('end', () => {
      if (isDown && calls % 3 === 0) return request.socket.destroy();
      if (isDown) return response.writeHead(calls % 3 === 1 ? 503 : 200).end('<html>It works!');
      made.push(link);
      return response.writeHead(201).end(JSON.stringify({ link_id: link, status: 'active' }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    made: () => [...made],
    comeBack: () => void (isDown = false),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
