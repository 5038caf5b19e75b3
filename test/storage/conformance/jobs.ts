// The promises of the port about `jobs`.
import { expect, test } from '@jest/globals';
import type { Job, Storage } from '../../../src/storage/storage.ts';
import { answered, ODD_PAYLOADS, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

const LEASE_MS = 30_000;

export function jobPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const jobs = () => subject.storage.jobs;
  const job = (key: string, run_at = subject.now()) => ({ key, kind: 'send_mail', payload: { to: 'taro@example.jp' }, run_at });

  /** Leases the one job that is due. */
  async function leaseOne(): Promise<Job & { lease: string }> {
    const leased = await jobs().lease(10, LEASE_MS);
    expect(leased).toHaveLength(1);
    const [only] = leased;
    if (!only?.lease) throw new Error('a leased job names its lease');
    return { ...only, lease: only.lease };
  }

  test('a job waits, deep-equal, also after reopening', async () => {
    const [, odd] = ODD_PAYLOADS[2] ?? [];
    await jobs().enqueue({ ...job('k', subject.now() + 5), payload: odd ?? {} });
    await subject.reopen();
    expect(await jobs().find('k')).toEqual({
      key: 'k',
      kind: 'send_mail',
      payload: odd,
      state: 'waiting',
      attempts: 0,
      run_at: subject.now() + 5,
      created_at: subject.now(),
    });
    expect(await jobs().find('none')).toBeUndefined();
  });

  test('two jobs of one key are one job, in whatever state', async () => {
    expect(await jobs().enqueue(job('k'))).toBe(true);
    expect(await jobs().enqueue({ ...job('k'), payload: { other: true } })).toBe(false);
    const leased = await leaseOne();
    expect(leased.payload).toEqual({ to: 'taro@example.jp' });
    expect(await jobs().enqueue(job('k'))).toBe(false);
    await jobs().complete('k', leased.lease);
    expect(await jobs().enqueue(job('k'))).toBe(false);
    expect(await jobs().find('k')).toMatchObject({ state: 'done' });
  });

  test('of 50 parallel jobs of one key exactly one is written', async () => {
    const results = await subject.race(50, (storage, n) => storage.jobs.enqueue({ ...job('k'), payload: { n } }));
    expect(answered(results).filter(Boolean)).toHaveLength(1);
    expect(await jobs().countByState()).toEqual({ waiting: 1, done: 0, dead: 0 });
  });

  test('a lease counts an attempt, lasts its time, and is answered as stored', async () => {
    await jobs().enqueue(job('k'));
    const leased = await leaseOne();
    expect(leased).toMatchObject({ attempts: 1, state: 'waiting', run_at: subject.now() + LEASE_MS });
    expect(await jobs().find('k')).toEqual(leased);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
    subject.advance(LEASE_MS - 1);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
  });

  test('jobs are leased when their time has come, longest due first, at most so many', async () => {
    const start = subject.now();
    for (const [key, wait] of [
      ['late', 30],
      ['early', 10],
      ['middle', 20],
      ['future', 1_000],
    ] as const) {
      await jobs().enqueue(job(key, start + wait));
    }
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
    subject.advance(30);
    expect((await jobs().lease(2, LEASE_MS)).map(({ key }) => key)).toEqual(['early', 'middle']);
    expect((await jobs().lease(2, LEASE_MS)).map(({ key }) => key)).toEqual(['late']);
  });

  test('no two of many callers get one job', async () => {
    for (let n = 0; n < 40; n++) await jobs().enqueue(job(`k${n}`));
    const results = await subject.race(20, (storage) => storage.jobs.lease(3, LEASE_MS));
    const keys = answered(results).flatMap((leased) => leased.map(({ key }) => key));
    expect(keys).toHaveLength(40);
    expect(new Set(keys).size).toBe(40);
  });

  test('a job whose holder died is leased again, and the old holder has lost it', async () => {
    await jobs().enqueue(job('k'));
    const first = await leaseOne();
    subject.advance(LEASE_MS);
    await subject.reopen();
    const second = await leaseOne();
    expect(second).toMatchObject({ key: 'k', attempts: 2 });
    expect(second.lease).not.toBe(first.lease);
    expect(await jobs().complete('k', first.lease)).toBe(false);
    expect(await jobs().retry('k', first.lease, subject.now(), 'late')).toBe(false);
    expect(await jobs().bury('k', first.lease, 'late')).toBe(false);
    expect(await jobs().find('k')).toEqual(second);
    expect(await jobs().complete('k', second.lease)).toBe(true);
  });

  test('a lease that is renewed lasts on, and one that was lost is not', async () => {
    await jobs().enqueue(job('k'));
    const { lease } = await leaseOne();
    subject.advance(LEASE_MS - 1);
    expect(await jobs().renew('k', lease, subject.now() + LEASE_MS)).toBe(true);
    subject.advance(LEASE_MS - 1);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
    subject.advance(1);
    const second = await leaseOne();
    expect(await jobs().renew('k', lease, subject.now() + 2 * LEASE_MS)).toBe(false);
    expect(await jobs().find('k')).toEqual(second);
    await jobs().complete('k', second.lease);
    expect(await jobs().renew('k', second.lease, subject.now())).toBe(false);
  });

  test('a holder that is late, but that nobody has replaced, still finishes', async () => {
    await jobs().enqueue(job('k'));
    const { lease } = await leaseOne();
    subject.advance(LEASE_MS + 1);
    expect(await jobs().complete('k', lease)).toBe(true);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
  });

  test('when a job is done its payload is forgotten and nobody gets it again', async () => {
    await jobs().enqueue(job('k'));
    const first = await leaseOne();
    await jobs().retry('k', first.lease, subject.now(), 'first failure');
    const { lease } = await leaseOne();
    expect(await jobs().complete('k', lease)).toBe(true);
    expect(await jobs().complete('k', lease)).toBe(false);
    const done = await jobs().find('k');
    expect(done).toMatchObject({ state: 'done', attempts: 2 });
    expect(done?.payload).toEqual({});
    expect(done).not.toHaveProperty('lease');
    expect(done).not.toHaveProperty('last_error');
    subject.advance(10 * LEASE_MS);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
  });

  test('a job that is given back is tried at its new time, with the reason kept', async () => {
    await jobs().enqueue(job('k'));
    const first = await leaseOne();
    expect(await jobs().retry('k', first.lease, subject.now() + 500, 'connection refused')).toBe(true);
    const waiting = await jobs().find('k');
    expect(waiting).toMatchObject({
      state: 'waiting',
      attempts: 1,
      last_error: 'connection refused',
      run_at: subject.now() + 500,
    });
    expect(waiting).not.toHaveProperty('lease');
    expect(await jobs().complete('k', first.lease)).toBe(false);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
    subject.advance(500);
    expect(await leaseOne()).toMatchObject({ attempts: 2, last_error: 'connection refused', payload: { to: 'taro@example.jp' } });
  });

  test('a job that is given up is dead, with its reason and its payload, and stays so', async () => {
    await jobs().enqueue(job('k'));
    const { lease } = await leaseOne();
    expect(await jobs().bury('k', lease, 'refused for good')).toBe(true);
    await subject.reopen();
    const dead = await jobs().find('k');
    expect(dead).toMatchObject({ state: 'dead', last_error: 'refused for good', payload: { to: 'taro@example.jp' } });
    expect(dead).not.toHaveProperty('lease');
    subject.advance(10 * LEASE_MS);
    expect(await jobs().lease(10, LEASE_MS)).toEqual([]);
    expect(await jobs().bury('k', lease, 'again')).toBe(false);
  });

  test('a dead or done job is put back to work with a new payload; a waiting or unknown one is not', async () => {
    await jobs().enqueue(job('dead'));
    await jobs().bury('dead', (await leaseOne()).lease, 'refused');
    await jobs().enqueue(job('done'));
    await jobs().complete('done', (await leaseOne()).lease);
    for (const key of ['dead', 'done']) {
      expect(await jobs().revive(key, { again: key }, subject.now())).toBe(true);
      expect(await jobs().find(key)).toMatchObject({
        state: 'waiting',
        attempts: 0,
        payload: { again: key },
        run_at: subject.now(),
        created_at: subject.now(),
      });
      expect(await jobs().find(key)).not.toHaveProperty('last_error');
      expect(await leaseOne()).toMatchObject({ key, attempts: 1 });
      expect(await jobs().revive(key, { twice: key }, subject.now())).toBe(false);
      expect(await jobs().find(key)).toMatchObject({ payload: { again: key } });
    }
    expect(await jobs().revive('unknown', {}, subject.now())).toBe(false);
  });

  test('a dead job is restarted with its own payload, once; others are not', async () => {
    for (const key of ['waiting', 'leased', 'done', 'dead']) await jobs().enqueue({ ...job(key), kind: key });
    const leases = Object.fromEntries((await jobs().lease(10, LEASE_MS)).map(({ key, lease = '' }) => [key, lease]));
    await jobs().retry('waiting', leases.waiting ?? '', subject.now(), 'later');
    await jobs().complete('done', leases.done ?? '');
    await jobs().bury('dead', leases.dead ?? '', 'refused');
    for (const key of ['waiting', 'leased', 'done', 'unknown']) {
      const before = await jobs().find(key);
      expect([key, await jobs().restart(key, subject.now())]).toEqual([key, false]);
      expect(await jobs().find(key)).toEqual(before);
    }
    subject.advance(10);
    const results = await subject.race(10, (storage) => storage.jobs.restart('dead', subject.now() + 5));
    expect(answered(results).filter(Boolean)).toHaveLength(1);
    const restarted = await jobs().find('dead');
    expect(restarted).toEqual({
      ...job('dead', subject.now() + 5),
      kind: 'dead',
      state: 'waiting',
      attempts: 0,
      created_at: subject.now(),
    });
    expect(await jobs().restart('dead', subject.now())).toBe(false);
  });

  test('a dead job and one that nobody holds are dropped, once; a leased or done one is not', async () => {
    for (const key of ['waiting', 'leased', 'done', 'dead']) await jobs().enqueue(job(key));
    const leases = Object.fromEntries((await jobs().lease(10, LEASE_MS)).map(({ key, lease = '' }) => [key, lease]));
    await jobs().retry('waiting', leases.waiting ?? '', subject.now() + 60_000, 'later');
    await jobs().complete('done', leases.done ?? '');
    await jobs().bury('dead', leases.dead ?? '', 'refused');
    for (const key of ['leased', 'done', 'unknown']) expect([key, await jobs().drop(key)]).toEqual([key, false]);
    for (const key of ['waiting', 'dead']) {
      const results = await subject.race(5, (storage) => storage.jobs.drop(key));
      expect(answered(results).filter(Boolean)).toHaveLength(1);
      expect(await jobs().find(key)).toBeUndefined();
      expect(await jobs().enqueue(job(key, subject.now() + LEASE_MS * 2))).toBe(true);
    }
    // Its holder died.
    subject.advance(LEASE_MS);
    expect(await jobs().drop('leased')).toBe(true);
    expect(await jobs().complete('leased', leases.leased ?? '')).toBe(false);
    expect(await jobs().find('done')).toMatchObject({ state: 'done' });
  });

  test('a job that is dropped and leased at the same moment is either gone or held', async () => {
    for (let round = 0; round < 10; round += 1) await jobs().enqueue(job(`k${round}`));
    const results = await subject.race(20, async (storage, n) =>
      n < 10 ? storage.jobs.drop(`k${n}`) : (await storage.jobs.lease(1, LEASE_MS)).map(({ key }) => key),
    );
    const [dropped, leased] = [
      answered(results).filter((one) => one === true).length,
      new Set(answered(results).filter(Array.isArray).flat()),
    ];
    expect(dropped + leased.size).toBe(10);
    for (const key of leased) expect(await jobs().find(String(key))).toMatchObject({ lease: expect.any(String) });
  });

  test('the jobs of a state are listed by key, page by page, also those of one kind', async () => {
    for (const key of ['d', 'b', 'a', 'c']) await jobs().enqueue({ ...job(key), kind: key === 'c' ? 'send_sms' : 'send_mail' });
    const [first] = await jobs().lease(1, LEASE_MS);
    await jobs().bury(first?.key ?? '', first?.lease ?? '', 'refused');
    expect(first?.key).toBe('d');
    const keys = async (...of: Parameters<Storage['jobs']['listAfter']>) => (await jobs().listAfter(...of)).map(({ key }) => key);
    expect(await keys('waiting', '', 2)).toEqual(['a', 'b']);
    expect(await keys('waiting', 'b', 2)).toEqual(['c']);
    expect(await keys('waiting', '', 9, 'send_mail')).toEqual(['a', 'b']);
    expect(await keys('done', '', 9)).toEqual([]);
    expect(await jobs().listAfter('dead', '', 9)).toEqual([await jobs().find('d')]);
  });

  test('jobs of one kind are leased without those of another', async () => {
    for (const kind of ['send_mail', 'deliver_dealer_link']) await jobs().enqueue({ ...job(kind), kind });
    expect((await jobs().lease(10, LEASE_MS, 'deliver_dealer_link')).map(({ key }) => key)).toEqual(['deliver_dealer_link']);
    expect(await jobs().lease(10, LEASE_MS, 'deliver_dealer_link')).toEqual([]);
    expect((await jobs().lease(10, LEASE_MS)).map(({ key }) => key)).toEqual(['send_mail']);
  });

  test('ended jobs are removed by state and time, up to a limit; waiting ones never', async () => {
    for (const key of ['done-1', 'done-2', 'dead', 'waiting']) await jobs().enqueue(job(key));
    for (const { key, lease = '' } of await jobs().lease(4, LEASE_MS)) {
      if (key.startsWith('done')) await jobs().complete(key, lease);
      if (key === 'dead') await jobs().bury(key, lease, 'refused');
    }
    const ended = subject.now() + LEASE_MS;
    expect(await jobs().removeEnded('done', ended, 10)).toBe(0);
    expect(await jobs().removeEnded('done', ended + 1, 1)).toBe(1);
    expect(await jobs().removeEnded('done', ended + 1, 10)).toBe(1);
    expect(await jobs().countByState()).toEqual({ waiting: 1, done: 0, dead: 1 });
    expect(await jobs().removeEnded('dead', ended + 1, 10)).toBe(1);
    expect(await jobs().find('waiting')).toBeDefined();
    expect(await jobs().enqueue(job('done-1'))).toBe(true);
  });

  test('jobs are counted by state', async () => {
    expect(await jobs().countByState()).toEqual({ waiting: 0, done: 0, dead: 0 });
    for (const key of ['done', 'dead']) await jobs().enqueue(job(key));
    for (const { key, lease = '' } of await jobs().lease(2, LEASE_MS)) {
      await (key === 'done' ? jobs().complete(key, lease) : jobs().bury(key, lease, 'refused'));
    }
    for (const key of ['leased', 'later', 'latest']) await jobs().enqueue(job(key));
    await jobs().lease(1, LEASE_MS);
    expect(await jobs().countByState()).toEqual({ waiting: 3, done: 1, dead: 1 });
  });

  test('jobs are counted by kind: due since when, leased, for later, and dead; no more than the limit is read', async () => {
    expect(await jobs().countByKind(10)).toEqual([]);
    const start = subject.now();
    const mail = (key: string, run_at: number) => jobs().enqueue({ ...job(key, run_at), kind: 'send_mail' });
    await mail('leased', start - 9);
    await jobs().lease(1, LEASE_MS);
    await mail('refused', start - 8);
    const [refused] = await jobs().lease(1, LEASE_MS);
    await jobs().bury('refused', refused?.lease ?? '', 'no');
    await mail('done', start - 8);
    const [done] = await jobs().lease(1, LEASE_MS);
    await jobs().complete('done', done?.lease ?? '');
    await jobs().enqueue({ ...job('sms', start + 10), kind: 'send_sms' });
    for (const [key, at] of [
      ['first', -5],
      ['second', -3],
      ['now', 0],
      ['later', 20],
    ] as const)
      await mail(key, start + at);
    const mails = { kind: 'send_mail', due: 3, running: 1, later: 1, dead: 1, due_since: start - 5 };
    const sms = { kind: 'send_sms', due: 0, running: 0, later: 1, dead: 0 };
    const counted = await jobs().countByKind(10);
    expect(counted.toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([mails, sms]);
    expect(await jobs().countByKind(2)).toEqual([{ ...mails, due: 2, running: 0, later: 0 }]);
    // The lease has ended, and nobody has renewed it.
    subject.advance(LEASE_MS);
    expect(await jobs().countByKind(10)).toContainEqual({ ...mails, due: 5, running: 0, later: 0 });
  });

  test('waiting jobs of other kinds are given up when they are long due, with the reason, up to a limit', async () => {
    const now = subject.now();
    for (const n of [1, 2, 3])
      await jobs().enqueue({ key: `old${n}`, kind: 'of another version', payload: { n }, run_at: now - 2 });
    await jobs().enqueue({ key: 'new', kind: 'of another version', payload: {}, run_at: now });
    await jobs().enqueue({ key: 'known', kind: 'send_mail', payload: {}, run_at: now - 2 });
    const bury = () => jobs().buryOthers(['send_mail', 'deliver_dealer_link'], now, 'nobody knows it', 2);
    expect([await bury(), await bury(), await bury()]).toEqual([2, 1, 0]);
    expect(await jobs().find('old1')).toMatchObject({ state: 'dead', last_error: 'nobody knows it', payload: { n: 1 } });
    expect(await jobs().countByState()).toEqual({ waiting: 2, done: 0, dead: 3 });
  });
}
