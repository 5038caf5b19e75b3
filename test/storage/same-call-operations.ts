// The calls that a caller may repeat because it got no answer, and the result that each must have, however often it is made.
import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { AlreadyExists, type Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './conformance/samples.ts';
import { eventsAbout } from './expect-whole.ts';
import { expectSegmentCounted, listedUser, stepOf } from './conformance/population.ts';

export type Operation = {
  name: string;
  prepare?: (storage: Storage, id: string) => Promise<unknown>;
  call: (storage: Storage, id: string) => Promise<unknown>;
  /** How a repeated call is refused: the name of the error, and of the existing thing. Absent if it is not refused. */
  refusal?: string;
  /** Throws unless the call took effect exactly once. The chain of the ledger is checked apart (`expectChain`). */
  isDone: (storage: Storage, id: string) => Promise<void>;
  /** A rival call for the same thing. */
  rival?: (storage: Storage, id: string) => Promise<unknown>;
};

const END = Date.now() + 7 * 24 * 60 * 60 * 1000;

const at = (name: string) => ({ email_canonical: `${name}@example.jp`, phone_canonical: `phone of ${name}` });

const rivalOf = (id: string): string => `rival of ${id}`;

async function expectOneEvent(storage: Storage, id: string, events = 1): Promise<void> {
  expect(await eventsAbout(storage, id)).toBe(events);
}

/** Expects the account in this version with these identifiers, and one event for each version. */
async function expectAccount(storage: Storage, id: string, version: number, name: string): Promise<void> {
  expect(await storage.accounts.find(id)).toMatchObject({ id, version, ...at(name) });
  expect((await storage.accounts.findByEmail(at(name).email_canonical))?.id).toBe(id);
  await expectOneEvent(storage, id, version);
  // No other account gets either of them.
  for (const taken of [{ email_canonical: at(name).email_canonical }, { phone_canonical: at(name).phone_canonical }]) {
    const thief = sampleAccount(`thief of ${id}`, taken);
    await expect(storage.accounts.create(thief, eventAbout(thief.id))).rejects.toThrow(AlreadyExists);
  }
}

const anotherCreates = async (storage: Storage, id: string, name: string): Promise<void> =>
  storage.accounts.create(sampleAccount(rivalOf(id), at(name)), eventAbout(rivalOf(id)));

export const OPERATIONS: Operation[] = [
  {
    name: 'an account is made',
    call: (storage, id) => storage.accounts.create(sampleAccount(id, at(id)), eventAbout(id)),
    refusal: 'AlreadyExists id',
    isDone: (storage, id) => expectAccount(storage, id, 1, id),
    rival: (storage, id) => anotherCreates(storage, id, id),
  },
  {
    name: 'an account changes its identifiers',
    prepare: (storage, id) => storage.accounts.create(sampleAccount(id, at(`${id}-old`)), eventAbout(id)),
    call: (storage, id) => storage.accounts.update(sampleAccount(id, at(id)), eventAbout(id)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      await expectAccount(storage, id, 2, id);
      expect(await storage.accounts.findByEmail(at(`${id}-old`).email_canonical)).toBeUndefined();
    },
    rival: (storage, id) => anotherCreates(storage, id, id),
  },
  {
    name: 'an account is changed',
    prepare: (storage, id) => storage.accounts.create(sampleAccount(id, at(id)), eventAbout(id)),
    call: (storage, id) => storage.accounts.update(sampleAccount(id, { ...at(id), language: 'en' }), eventAbout(id)),
    refusal: 'VersionConflict',
    isDone: (storage, id) => expectAccount(storage, id, 2, id),
  },
  {
    name: 'an account is erased',
    prepare: (storage, id) => storage.accounts.create(sampleAccount(id, at(id)), eventAbout(id)),
    call: (storage, id) => storage.accounts.erase(sampleAccount(id, at(id)), eventAbout(id)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.accounts.find(id)).toBeUndefined();
      expect(await storage.accounts.findByEmail(at(id).email_canonical)).toBeUndefined();
      await expectOneEvent(storage, id, 2);
      // Its address and number are free.
      const next = sampleAccount(randomUUID(), at(id));
      await storage.accounts.create(next, eventAbout(next.id));
      expect((await storage.accounts.findByEmail(at(id).email_canonical))?.id).toBe(next.id);
      await storage.accounts.erase(next, eventAbout(next.id));
    },
  },
  {
    name: 'a dealer link is made',
    call: (storage, id) => storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id)),
    refusal: 'AlreadyExists dealer_link',
    async isDone(storage, id) {
      expect(await storage.dealerLinks.find(id)).toEqual(sampleDealerLink(id));
      expect(await storage.dealerLinks.listByAccount(`account of ${id}`)).toHaveLength(1);
      await expectOneEvent(storage, id);
    },
  },
  {
    name: 'a dealer link is changed',
    prepare: (storage, id) => storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id)),
    call: (storage, id) => storage.dealerLinks.update(sampleDealerLink(id, { status: 'active' }), eventAbout(id)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.dealerLinks.find(id)).toMatchObject({ version: 2, status: 'active' });
      await expectOneEvent(storage, id, 2);
    },
  },
  {
    name: 'a dealer link is erased',
    prepare: (storage, id) => storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id)),
    call: (storage, id) => storage.dealerLinks.erase(sampleDealerLink(id), eventAbout(id)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.dealerLinks.find(id)).toBeUndefined();
      expect(await storage.dealerLinks.listByAccount(`account of ${id}`)).toEqual([]);
      await expectOneEvent(storage, id, 2);
    },
  },
  {
    name: 'a migration is made',
    call: (storage, id) => storage.migrations.put(sampleMigration(id), eventAbout(id)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.migrations.find('owners-site', id)).toMatchObject({ version: 1 });
      await expectOneEvent(storage, id);
    },
  },
  {
    name: 'a migration is changed',
    prepare: (storage, id) => storage.migrations.put(sampleMigration(id), eventAbout(id)),
    call: (storage, id) => storage.migrations.put(sampleMigration(id, { version: 1, account_id: id }), eventAbout(id)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.migrations.find('owners-site', id)).toMatchObject({ version: 2, account_id: id });
      expect(await storage.migrations.listByAccount(id)).toHaveLength(1);
      await expectOneEvent(storage, id, 2);
    },
  },
  {
    name: 'a legacy user of a list takes a step',
    prepare: (storage, id) => storage.population.list([listedUser(id, { segment: id })]),
    call: (storage, id) => storage.population.follow(stepOf(id)),
    async isDone(storage, id) {
      expect(await storage.population.find(id)).toMatchObject({ version: 2 });
      await expectSegmentCounted(storage, id);
    },
  },
  {
    name: 'a legacy user is changed',
    prepare: (storage, id) => storage.population.list([listedUser(id, { segment: id })]),
    async call(storage, id) {
      const { at: _at, ...user } = listedUser(id, { segment: id });
      return storage.population.put({ ...user, version: 1, reached: { listed: 5, invited: 6 } });
    },
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.population.find(id)).toMatchObject({ version: 2, reached: { invited: 6 } });
      await expectSegmentCounted(storage, id);
    },
  },
  {
    name: 'a record with an end is made and changed',
    prepare: (storage, id) => storage.passwordResets.put(reset(id, 0)),
    call: (storage, id) => storage.passwordResets.put(reset(id, 1)),
    refusal: 'VersionConflict',
    async isDone(storage, id) {
      expect(await storage.passwordResets.find(id)).toMatchObject({ version: 2 });
    },
  },
  {
    name: 'a job is asked for',
    call: (storage, id) => storage.jobs.enqueue({ key: id, kind: `mail ${id}`, payload: { id }, run_at: 0 }),
    async isDone(storage, id) {
      const leased = await storage.jobs.lease(10, 1, `mail ${id}`);
      expect(leased).toMatchObject([{ key: id, payload: { id } }]);
      expect(await storage.jobs.retry(id, leased[0]?.lease ?? '', 0, 'looked at')).toBe(true);
    },
  },
  {
    name: 'a token is saved',
    call: (storage, id) => storage.artifacts.save('AccessToken', id, { grantId: id, accountId: id }, END),
    async isDone(storage, id) {
      expect(await storage.artifacts.find('AccessToken', id)).toEqual({ grantId: id, accountId: id });
    },
  },
  {
    name: 'what a grant gave is taken back',
    async prepare(storage, id) {
      await storage.artifacts.save('AccessToken', id, { grantId: id }, END);
      await storage.artifacts.save('RefreshToken', id, { grantId: id }, END);
    },
    call: (storage, id) => storage.artifacts.destroyByGrantId('AccessToken', id),
    async isDone(storage, id) {
      expect(await storage.artifacts.find('AccessToken', id)).toBeUndefined();
      expect(await storage.artifacts.find('RefreshToken', id)).toEqual({ grantId: id });
    },
  },
  {
    name: 'a code is put into its slot',
    call: (storage, id) => storage.emailCodes.put(code(id)),
    async isDone(storage, id) {
      expect(await storage.emailCodes.find(id)).toEqual(code(id));
      // One code, taken once.
      expect(await storage.emailCodes.consume(id, `hmac of ${id}`)).toBe(true);
      expect(await storage.emailCodes.consume(id, `hmac of ${id}`)).toBe(false);
      await storage.emailCodes.put(code(id));
    },
  },
];

/** Expects that exactly one of the two succeeded. */
export async function expectOneOwner(storage: Storage, id: string): Promise<'first' | 'rival'> {
  const owner = await storage.accounts.findByEmail(at(id).email_canonical);
  const others = await storage.accounts.find(owner?.id === id ? rivalOf(id) : id);
  expect([id, rivalOf(id)]).toContain(owner?.id);
  expect(others?.email_canonical).not.toBe(at(id).email_canonical);
  expect(others?.phone_canonical).not.toBe(at(id).phone_canonical);
  await expectOneEvent(storage, rivalOf(id), owner?.id === id ? 0 : 1);
  return owner?.id === id ? 'first' : 'rival';
}

function code(id: string) {
  return { id, code_hmac: `hmac of ${id}`, email_canonical: 'a@example.jp', attempts: 0, sent_at: 1, expires_at: END };
}

function reset(id: string, version: number) {
  return { id, version, expires_at: END, email: id } as never;
}

/** Returns the error of a call as one line, in the form of `refusal`. */
export function nameOf(error: unknown): string {
  if (error instanceof AlreadyExists) return `AlreadyExists ${error.what}`;
  return error instanceof Error ? error.name : String(error);
}
