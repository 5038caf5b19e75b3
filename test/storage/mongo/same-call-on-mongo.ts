// Harms one message of a call on MongoDB, makes the same call again, and checks the result.
import { expect } from '@jest/globals';
import { openMongoStorage } from '../../../src/storage/mongo/open-mongo-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { LEDGER_KEY } from '../../support/ledger-of.ts';
import { startMongoProxy, type MessageFault, type MongoProxy } from '../../support/mongo-proxy.ts';
import { openPatiently, PATIENT } from '../open-patiently.ts';
import { expectOneOwner, nameOf, type Operation } from '../same-call-operations.ts';

export const FAULTS = [
  'lost',
  'unanswered',
  'killed before',
  'killed after',
  'late',
  'held',
  'garbled',
] as const satisfies MessageFault[];

/** How the same call is made again. */
export const AGAINS = [
  'once',
  'twice at once',
  'once after the sweep',
  'twice at once after the sweep',
  'behind a rival',
] as const;
export type Again = (typeof AGAINS)[number];

const HOUR = 60 * 60 * 1000;

export type Others = {
  /** The storage of another process, which is not harmed. */
  one: Storage;
  another: Storage;
  /** An hour later, when leftovers are swept. */
  later: Storage;
  /** Harmed storages that are closing. */
  leaving: Promise<void>[];
  close(): Promise<void>;
};

export async function openOthers(url: string): Promise<Others> {
  const [one, another, later] = await Promise.all([
    openPatiently(url),
    openPatiently(url),
    openPatiently(url, () => Date.now() + HOUR),
  ]);
  const leaving: Promise<void>[] = [];
  return {
    one,
    another,
    later,
    leaving,
    async close() {
      await Promise.all(leaving);
      for (const storage of [one, another, later]) await storage.close();
    },
  };
}

type Case = { operation: Operation; id: string; n: number; fault: MessageFault; again: Again };

/** Returns whether the call has this number of messages. */
export async function harmAndRepeat(url: string, others: Others, { operation, id, n, fault, again }: Case): Promise<boolean> {
  const { one, another, later } = others;
  await operation.prepare?.(one, id);
  const proxy = await startMongoProxy(url);
  const isKilled = fault.startsWith('killed');
  const harmed = await openMongoStorage({
    url: proxy.url,
    clock: Date.now,
    ledgerKey: LEDGER_KEY,
    timeouts: { ...PATIENT, server: 3_000 },
  });
  proxy.harm(n, fault);
  const first = outcomeOf(operation.call(harmed, id));
  try {
    const came = await Promise.race([first, proxy.untilStruck()]);
    if (came !== undefined && proxy.struck() === undefined) return false;
    // A held call is under way while the next one is made. A killed process gets no more answers.
    if (fault !== 'held' && !isKilled) await first;
    if (again.endsWith('after the sweep')) await later.sweep(1_000);
    if (again === 'behind a rival') await behindARival(others, operation, id, proxy);
    else await repeat(operation, id, again.startsWith('twice') ? [one, another] : [one]);
    await proxy.release();
    const expected = ['done', 'StorageUnavailable', operation.refusal];
    if (again === 'behind a rival') expected.push('AlreadyExists email', 'AlreadyExists phone');
    if (!isKilled) expect(expected).toContain(await first);
    await expectEnd(one, operation, id, again);
    await later.sweep(1_000);
    await expectEnd(one, operation, id, again);
    return true;
  } catch (error) {
    const what = `${operation.name}, ${fault} at message ${n} (${proxy.struck()}), the same call ${again}`;
    throw new Error(`${what}: ${String(error)}`, { cause: error });
  } finally {
    await proxy.release();
    await proxy.close();
    const gone = first.then(() => harmed.close());
    // The killed storage needs a while to notice that no server is left.
    if (isKilled) others.leaving.push(gone);
    else await gone;
  }
}

async function repeat(operation: Operation, id: string, storages: Storage[]): Promise<void> {
  const came = await Promise.all(storages.map((storage) => outcomeOf(operation.call(storage, id))));
  for (const outcome of came) expect(['done', operation.refusal]).toContain(outcome);
}

/** Expects that exactly one of the two succeeds. */
async function behindARival({ one, another }: Others, operation: Operation, id: string, proxy: MongoProxy): Promise<void> {
  const rival = await outcomeOf(operation.rival?.(another, id) ?? Promise.resolve());
  const owner = await expectOneOwner(one, id);
  expect([rival, owner]).toEqual(rival === 'done' ? ['done', 'rival'] : ['AlreadyExists email', 'first']);
  const same = await outcomeOf(operation.call(one, id));
  if (owner === 'rival') expect(same).toBe('AlreadyExists email');
  else expect(['done', operation.refusal]).toContain(same);
  await proxy.release();
  expect(await expectOneOwner(one, id)).toBe(owner);
}

async function expectEnd(storage: Storage, operation: Operation, id: string, again: Again): Promise<void> {
  if (again === 'behind a rival') await expectOneOwner(storage, id);
  else await operation.isDone(storage, id);
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(() => 'done', nameOf);
}
