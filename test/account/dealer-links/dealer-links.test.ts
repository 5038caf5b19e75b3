// Changes of a dealer link on マイページ, on a real database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findOwnLink, retryLink, withdrawLink } from '../../../src/account/dealer-links/flow.ts';
import { makeSecretKeys } from '../../../src/config/settings/secret-keys.ts';
import { fail, newDealerLink, type DealerLink } from '../../../src/domain/dealer-link.ts';
import { enqueueDelivery } from '../../../src/jobs/enqueue-delivery.ts';
import { createJobQueue } from '../../../src/jobs/job-queue.ts';
import type { AccountAccess } from '../../../src/oidc/sessions/account-access.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { guardRecords } from '../../../src/storage/records.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { ledgerOf } from '../../support/ledger-of.ts';

const clock = (): number => 5_000;
const event = { type: 'test', subject: 'link', data: {}, at: 1 };
let directory: string;
let storage: Storage;
let link: DealerLink;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealer-links-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock });
  const consent = {
    text: { version: '1', language: 'ja', sha256: '0'.repeat(64) },
    share: ['profile' as const],
    receive: ['requests' as const],
    given_at: 1_000,
    client_id: 'owners-site',
  };
  link = newDealerLink(
    { accountId: 'yamada', dealer: 'kanagawa-toyota', consent, now: 1_000 },
    makeSecretKeys({ hmac: 'k'.repeat(32), subject: undefined, ledger: undefined }),
  );
  await storage.dealerLinks.create(link, event);
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

const deps = () => ({ storage: guardRecords(storage, clock), clock, jobs: createJobQueue(storage.jobs, clock) });

test('a failed link is delivered again, with the current consent', async () => {
  await enqueueDelivery(deps().jobs, link);
  const [job] = await storage.jobs.lease(1, 1_000);
  await storage.jobs.bury(job?.key ?? '', job?.lease ?? '', 'no answer');
  const given = await storage.dealerLinks.update(fail(link, 2_000), event);
  await retryLink(deps(), given);
  expect(await storage.dealerLinks.find(link.id)).toMatchObject({ status: 'pending', consent: link.consent });
  expect(await storage.jobs.countByState()).toMatchObject({ waiting: 1, dead: 0 });
});

test('only a failed link can be retried', async () => {
  await retryLink(deps(), link);
  expect(await storage.dealerLinks.find(link.id)).toEqual(link);
});

test('a repeated withdrawal is recorded once, and the dealer is told once', async () => {
  const ended: string[] = [];
  const access = { endDealerLink: async (_account: string, id: string) => void ended.push(id) } as unknown as AccountAccess;
  await withdrawLink(deps(), access, link);
  await withdrawLink(deps(), access, link);
  expect(await storage.dealerLinks.find(link.id)).toMatchObject({ status: 'withdrawn', withdrawn_at: 5_000 });
  const events = (await ledgerOf(storage)).filter(({ type }) => type === 'dealer_link.withdrawn');
  expect(events).toHaveLength(1);
  expect(await storage.jobs.countByState()).toMatchObject({ waiting: 1 });
  expect(ended).toEqual([link.id, link.id]);
});

test("another person's link is not found", async () => {
  expect(await findOwnLink(deps(), 'yamada', link.id)).toEqual(link);
  expect(await findOwnLink(deps(), 'sato', link.id)).toBeUndefined();
});
