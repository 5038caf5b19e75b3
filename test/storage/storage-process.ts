// A separate process on a database, for the tests of races and crashes. Started by processes.ts with
// `<url> race` or `<url> write <name>`.
import { writeSync } from 'node:fs';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './conformance/samples.ts';
import { openPatiently } from './open-patiently.ts';

export type Race = { kind: string; calls: number };

const IN_AN_HOUR = Date.now() + 3_600_000;

/** One call for each kind of race. It returns whether it won. `id` is unique in all processes. */
const RACES: Record<string, (storage: Storage, id: string) => Promise<boolean>> = {
  consume: (storage) => storage.artifacts.consume('AuthorizationCode', 'raced'),
  refresh: (storage) => storage.artifacts.consume('RefreshToken', 'raced'),
  pushed_request: (storage) => storage.artifacts.consume('PushedAuthorizationRequest', 'raced'),
  insert_once: (storage) => storage.artifacts.insertOnce('ReplayDetection', 'raced', {}, IN_AN_HOUR),
  count_attempt: async (storage) => (await storage.emailCodes.countAttempt('raced', 5)) !== undefined,
  consume_code: (storage) => storage.emailCodes.consume('raced', 'hmac'),
  account: (storage, id) =>
    won(storage.accounts.create(sampleAccount(id, { email_canonical: 'raced@example.jp' }), eventAbout(id))),
  update: (storage) => won(storage.accounts.update(sampleAccount('standing'), eventAbout('standing'))),
  legacy_identity: (storage, id) => won(storage.migrations.put(sampleMigration('raced', { account_id: id }), eventAbout(id))),
  dealer_link: (storage, id) => won(storage.dealerLinks.create(sampleDealerLink(id, { account_id: 'raced' }), eventAbout(id))),
  job: (storage, id) => storage.jobs.enqueue({ key: 'raced', kind: 'send_mail', payload: { id }, run_at: 0 }),
  lease: async (storage) => (await storage.jobs.lease(1, 60_000, 'leased')).length === 1,
  count: async (storage) => (await storage.counters.add('raced', 1, 3_600_000)).points <= 10,
};

async function won(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof Error && ['AlreadyExists', 'VersionConflict'].includes(error.name)) return false;
    throw error;
  }
}

/** Each message starts a kind of race with a number of parallel calls. The answer is how often this process won. */
async function race(storage: Storage): Promise<void> {
  process.on('message', ({ kind, calls }: Race) => {
    const call = RACES[kind];
    if (!call) throw new Error(`no race is called ${kind}`);
    const all = Array.from({ length: calls }, (_, n) => call(storage, `${kind}-${process.pid}-${n}`));
    void Promise.all(all).then((wins) => process.send?.(wins.filter(Boolean).length));
  });
  process.send?.('ready');
}

/** Writes until it is killed, and prints the number of each acknowledged write. */
async function writeForEver(storage: Storage, name: string): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${name}-${n}`;
    await Promise.all([
      storage.accounts.create(sampleAccount(id), eventAbout(id)),
      storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id)),
      storage.artifacts.save('AccessToken', id, { grantId: id }, IN_AN_HOUR),
      storage.jobs.enqueue({ key: id, kind: 'send_mail', payload: {}, run_at: 0 }),
    ]);
    if (!(await storage.artifacts.consume('AccessToken', id))) throw new Error('consumed by nobody else');
    writeSync(1, `${id}\n`);
  }
}

const [url = '', task, name = ''] = process.argv.slice(2);
const storage = await openPatiently(url);
await (task === 'race' ? race(storage) : writeForEver(storage, name));
