// The promises of the port about `artifacts`.
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { answered, ODD_PAYLOADS, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

const HOUR = 3_600_000;

export function artifactPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const artifacts = () => subject.storage.artifacts;
  const inAnHour = () => subject.now() + HOUR;

  test('what was never saved is not found', async () => {
    expect(await artifacts().find('Session', 'none')).toBeUndefined();
    expect(await artifacts().findByUid('Session', 'none')).toBeUndefined();
    expect(await artifacts().listByAccount('Session', 'none', 10)).toEqual([]);
    await artifacts().destroy('Session', 'none');
    await artifacts().destroyByGrantId('AccessToken', 'none');
  });

  test.each(ODD_PAYLOADS)('a payload comes back deep-equal: %s', async (_, payload) => {
    await artifacts().save('Interaction', 'odd', payload, inAnHour());
    expect(await artifacts().find('Interaction', 'odd')).toEqual(payload);
    await subject.reopen();
    expect(await artifacts().find('Interaction', 'odd')).toEqual(payload);
  });

  test('odd ids are ids like any other', async () => {
    const ids = ["' OR 1=1 --", '%', '_', 'a:b', 'a', 'A', 'é', 'e\u0301', '日本', '$ne', '', ' ', 'x'.repeat(1_000)];
    for (const id of ids) await artifacts().save('AccessToken', id, { mine: id }, inAnHour());
    for (const id of ids) expect(await artifacts().find('AccessToken', id)).toEqual({ mine: id });
  });

  test('a member that is undefined is an absent one', async () => {
    await artifacts().save('Session', 's', { a: 1, b: undefined }, inAnHour());
    expect(await artifacts().find('Session', 's')).toEqual({ a: 1 });
  });

  test('what was given and what is answered are copies', async () => {
    const payload = { list: ['a'] };
    const saved = artifacts().save('Session', 's', payload, inAnHour());
    payload.list.push('changed after the call');
    await saved;
    const found = await artifacts().find('Session', 's');
    (found as typeof payload).list.push('changed after the answer');
    expect(await artifacts().find('Session', 's')).toEqual({ list: ['a'] });
  });

  test('save replaces, and models do not share ids', async () => {
    await artifacts().save('Session', 'same', { n: 1, old: true }, inAnHour());
    await artifacts().save('Grant', 'same', { n: 2 }, inAnHour());
    await artifacts().save('Session', 'same', { n: 3 }, inAnHour());
    expect(await artifacts().find('Session', 'same')).toEqual({ n: 3 });
    expect(await artifacts().find('Grant', 'same')).toEqual({ n: 2 });
    await artifacts().destroy('Session', 'same');
    expect(await artifacts().find('Session', 'same')).toBeUndefined();
    expect(await artifacts().find('Grant', 'same')).toEqual({ n: 2 });
  });

  test('update replaces what stands, keeps its mark of consumption, and is listed by what it says now', async () => {
    const until = inAnHour();
    expect(await artifacts().insertOnce('Grant', 'g', { n: 1, accountId: 'a' }, until)).toBe(true);
    expect(await artifacts().consume('Grant', 'g')).toBe(true);
    expect(await artifacts().update('Grant', 'g', { n: 2, accountId: 'b', uid: 'u' }, until + 1_000)).toBe(true);
    const consumed = Math.floor(subject.now() / 1000);
    expect(await artifacts().find('Grant', 'g')).toEqual({ n: 2, accountId: 'b', uid: 'u', consumed });
    expect(await artifacts().findByUid('Grant', 'u')).toMatchObject({ n: 2 });
    expect(await artifacts().listByAccount('Grant', 'a', 10)).toEqual([]);
    expect(await artifacts().listByAccount('Grant', 'b', 10)).toEqual(['g']);
    subject.advance(HOUR);
    expect(await artifacts().find('Grant', 'g')).toMatchObject({ n: 2 });
    subject.advance(1_000);
    expect(await artifacts().find('Grant', 'g')).toBeUndefined();
  });

  test('S119 what was destroyed, has expired or never was: an update writes nothing', async () => {
    const payload = { uid: 'u', accountId: 'a', grantId: 'g' };
    for (const model of ['Session', 'Grant', 'Interaction', 'AccessToken', 'RefreshToken', 'AuthorizationCode']) {
      await artifacts().save(model, 'destroyed', payload, inAnHour());
      await artifacts().save(model, 'of a grant', payload, inAnHour());
      await artifacts().destroy(model, 'destroyed');
      await artifacts().destroyByGrantId(model, 'g');
      await artifacts().save(model, 'expired', payload, subject.now() + 1_000);
    }
    subject.advance(1_000);
    for (const model of ['Session', 'Grant', 'Interaction', 'AccessToken', 'RefreshToken', 'AuthorizationCode']) {
      for (const id of ['destroyed', 'of a grant', 'expired', 'never was']) {
        expect(await artifacts().update(model, id, payload, inAnHour())).toBe(false);
        expect(await artifacts().find(model, id)).toBeUndefined();
      }
      expect(await artifacts().findByUid(model, 'u')).toBeUndefined();
    }
    expect(await artifacts().listByAccount('Session', 'a', 10)).toEqual([]);
  });

  test('S119 20 updates while it is destroyed: it stays destroyed, and one call is told that it did it', async () => {
    const payload = { uid: 'u', accountId: 'a' };
    for (let n = 0; n < 5; n += 1) {
      await artifacts().save('Session', `s${n}`, payload, inAnHour());
      const destroyed: boolean[] = [];
      await subject.race(24, async ({ artifacts: at }, index) => {
        if (index % 6 === 5) destroyed.push(await at.destroy('Session', `s${n}`));
        else await at.update('Session', `s${n}`, { ...payload, index }, inAnHour());
      });
      expect(destroyed.filter(Boolean)).toHaveLength(1);
      expect(await artifacts().find('Session', `s${n}`)).toBeUndefined();
    }
    expect(await artifacts().destroy('Session', 'never was')).toBe(false);
    await artifacts().save('Session', 'expired', payload, subject.now() + 1_000);
    subject.advance(1_000);
    expect(await artifacts().destroy('Session', 'expired')).toBe(false);
  });

  test('what has expired is not found by any question, from its moment on and before any sweep', async () => {
    const payload = { uid: 'u', accountId: 'a', grantId: 'g' };
    await artifacts().save('Session', 's', payload, subject.now() + 1_000);
    subject.advance(999);
    expect(await artifacts().find('Session', 's')).toEqual(payload);
    expect(await artifacts().findByUid('Session', 'u')).toEqual(payload);
    expect(await artifacts().listByAccount('Session', 'a', 10)).toEqual(['s']);
    subject.advance(1);
    expect(await artifacts().find('Session', 's')).toBeUndefined();
    expect(await artifacts().findByUid('Session', 'u')).toBeUndefined();
    expect(await artifacts().listByAccount('Session', 'a', 10)).toEqual([]);
    expect(await artifacts().consume('Session', 's')).toBe(false);
  });

  test('what has no end never expires; saving again moves the end', async () => {
    await artifacts().save('Client', 'for ever', { n: 1 }, undefined);
    await artifacts().save('Session', 'longer', { n: 2 }, subject.now() + 1_000);
    await artifacts().save('Session', 'longer', { n: 2 }, inAnHour());
    subject.advance(HOUR - 1);
    expect(await artifacts().find('Session', 'longer')).toEqual({ n: 2 });
    subject.advance(100 * 365 * 24 * HOUR);
    expect(await artifacts().find('Client', 'for ever')).toEqual({ n: 1 });
    expect(await artifacts().find('Session', 'longer')).toBeUndefined();
  });

  test('findByUid knows the model and the newest uid', async () => {
    await artifacts().save('Session', 's', { uid: 'first' }, inAnHour());
    await artifacts().save('Interaction', 'i', { uid: 'first' }, inAnHour());
    await artifacts().save('Session', 's', { uid: 'second' }, inAnHour());
    expect(await artifacts().findByUid('Session', 'second')).toEqual({ uid: 'second' });
    expect(await artifacts().findByUid('Session', 'first')).toBeUndefined();
    await artifacts().save('Session', 't', { uid: 'second', newer: true }, inAnHour());
    expect(await artifacts().findByUid('Session', 'second')).toEqual({ uid: 'second', newer: true });
  });

  test('consume answers true once and marks the moment', async () => {
    await artifacts().save('AuthorizationCode', 'c', { n: 1 }, inAnHour());
    subject.advance(1_999);
    expect(await artifacts().consume('AuthorizationCode', 'c')).toBe(true);
    const consumed = Math.floor(subject.now() / 1000);
    subject.advance(5_000);
    expect(await artifacts().consume('AuthorizationCode', 'c')).toBe(false);
    expect(await artifacts().find('AuthorizationCode', 'c')).toEqual({ n: 1, consumed });
    expect(await artifacts().consume('AuthorizationCode', 'unknown')).toBe(false);
    expect(await artifacts().consume('RefreshToken', 'c')).toBe(false);
    await subject.reopen();
    expect(await artifacts().consume('AuthorizationCode', 'c')).toBe(false);
    await artifacts().destroy('AuthorizationCode', 'c');
    expect(await artifacts().consume('AuthorizationCode', 'c')).toBe(false);
  });

  test('what was consumed stays so when somebody who read it before saves it', async () => {
    await artifacts().save('RefreshToken', 'r', { n: 1 }, inAnHour());
    const readBefore = await artifacts().find('RefreshToken', 'r');
    await artifacts().consume('RefreshToken', 'r');
    const consumed = Math.floor(subject.now() / 1000);
    await artifacts().save('RefreshToken', 'r', { ...readBefore, n: 2 }, inAnHour());
    expect(await artifacts().find('RefreshToken', 'r')).toEqual({ n: 2, consumed });
    expect(await artifacts().consume('RefreshToken', 'r')).toBe(false);
  });

  test('what is saved as consumed is consumed', async () => {
    await artifacts().save('RefreshToken', 'r', { consumed: 1_700_000_000 }, inAnHour());
    expect(await artifacts().consume('RefreshToken', 'r')).toBe(false);
    expect(await artifacts().find('RefreshToken', 'r')).toEqual({ consumed: 1_700_000_000 });
  });

  test('in the place of an expired one that was consumed, a new one is unconsumed', async () => {
    await artifacts().save('AuthorizationCode', 'c', { n: 1 }, subject.now() + 1_000);
    await artifacts().consume('AuthorizationCode', 'c');
    subject.advance(1_000);
    await artifacts().save('AuthorizationCode', 'c', { n: 2 }, inAnHour());
    expect(await artifacts().find('AuthorizationCode', 'c')).toEqual({ n: 2 });
    expect(await artifacts().consume('AuthorizationCode', 'c')).toBe(true);
  });

  test.each(['AuthorizationCode', 'RefreshToken', 'PushedAuthorizationRequest'])(
    'of 50 parallel consumes of one %s exactly one is answered true',
    async (model) => {
      await artifacts().save(model, 'raced', {}, inAnHour());
      const results = await subject.race(50, (storage) => storage.artifacts.consume(model, 'raced'));
      const consumed = answered(results);
      expect([consumed.length, consumed.filter(Boolean).length]).toEqual([50, 1]);
    },
  );

  test('insertOnce writes if nothing unexpired is there', async () => {
    expect(await artifacts().insertOnce('ReplayDetection', 'jti', { n: 1 }, subject.now() + 1_000)).toBe(true);
    expect(await artifacts().insertOnce('ReplayDetection', 'jti', { n: 2 }, inAnHour())).toBe(false);
    expect(await artifacts().find('ReplayDetection', 'jti')).toEqual({ n: 1 });
    await subject.reopen();
    expect(await artifacts().insertOnce('ReplayDetection', 'jti', { n: 3 }, inAnHour())).toBe(false);
    subject.advance(1_000);
    expect(await artifacts().insertOnce('ReplayDetection', 'jti', { n: 4 }, inAnHour())).toBe(true);
    expect(await artifacts().find('ReplayDetection', 'jti')).toEqual({ n: 4 });
    expect(await artifacts().insertOnce('Other', 'jti', { n: 5 }, inAnHour())).toBe(true);
    await artifacts().save('ReplayDetection', 'endless', {}, undefined);
    expect(await artifacts().insertOnce('ReplayDetection', 'endless', {}, inAnHour())).toBe(false);
  });

  test('of 50 parallel insertOnce exactly one writes, and its payload stands', async () => {
    const results = await subject.race(50, async (storage, n) =>
      (await storage.artifacts.insertOnce('ReplayDetection', 'jti', { n }, inAnHour())) ? [n] : [],
    );
    const winners = answered(results).flat();
    expect(winners).toHaveLength(1);
    expect(await artifacts().find('ReplayDetection', 'jti')).toEqual({ n: winners[0] });
  });

  test('of 50 parallel insertOnce in the place of an expired one exactly one writes', async () => {
    await artifacts().insertOnce('ReplayDetection', 'jti', {}, subject.now() + 1_000);
    subject.advance(1_000);
    const results = await subject.race(50, (storage, n) =>
      storage.artifacts.insertOnce('ReplayDetection', 'jti', { n }, inAnHour()),
    );
    expect(answered(results).filter(Boolean)).toHaveLength(1);
  });

  test('destroyByGrantId removes the grant of the given model only', async () => {
    await artifacts().save('AccessToken', 'a1', { grantId: 'g1' }, inAnHour());
    await artifacts().save('AccessToken', 'a2', { grantId: 'g1' }, inAnHour());
    await artifacts().save('AccessToken', 'other grant', { grantId: 'g2' }, inAnHour());
    await artifacts().save('AccessToken', 'no grant', {}, inAnHour());
    await artifacts().save('RefreshToken', 'r1', { grantId: 'g1' }, inAnHour());
    await artifacts().destroyByGrantId('AccessToken', 'g1');
    expect(await artifacts().find('AccessToken', 'a1')).toBeUndefined();
    expect(await artifacts().find('AccessToken', 'a2')).toBeUndefined();
    expect(await artifacts().find('AccessToken', 'other grant')).toBeDefined();
    expect(await artifacts().find('AccessToken', 'no grant')).toBeDefined();
    expect(await artifacts().find('RefreshToken', 'r1')).toBeDefined();
  });

  test('listByAccount answers the ids of one model, last made first, at most so many', async () => {
    for (const id of ['first', 'second', 'third']) {
      await artifacts().save('Grant', id, { accountId: 'a' }, inAnHour());
      subject.advance(1_000);
    }
    await artifacts().save('Grant', 'of somebody else', { accountId: 'b' }, inAnHour());
    await artifacts().save('Session', 'of another model', { accountId: 'a' }, inAnHour());
    await artifacts().save('Grant', 'first', { accountId: 'a', savedAgain: true }, inAnHour());
    expect(await artifacts().listByAccount('Grant', 'a', 10)).toEqual(['third', 'second', 'first']);
    expect(await artifacts().listByAccount('Grant', 'a', 2)).toEqual(['third', 'second']);
  });

  test('listAfter goes through what stands of one model, page by page', async () => {
    for (const id of ['b', 'a', 'c', 'B:x']) await artifacts().save('Grant', id, { of: id }, inAnHour());
    await artifacts().save('Grants', 'a', {}, inAnHour());
    await artifacts().save('AccessToken', 'b', {}, inAnHour());
    await artifacts().save('Grant', 'a2', { over: true }, subject.now() + 1_000);
    await artifacts().consume('Grant', 'b');
    const consumed = Math.floor(subject.now() / 1000);
    subject.advance(1_000);
    const first = await artifacts().listAfter('Grant', '', 2);
    expect(first).toEqual([
      { id: 'B:x', payload: { of: 'B:x' } },
      { id: 'a', payload: { of: 'a' } },
    ]);
    expect(await artifacts().listAfter('Grant', 'a', 2)).toEqual([
      { id: 'b', payload: { of: 'b', consumed } },
      { id: 'c', payload: { of: 'c' } },
    ]);
    expect(await artifacts().listAfter('Grant', 'c', 2)).toEqual([]);
  });

  test('artifacts of a model are counted exactly up to the sample, and estimated above it', async () => {
    const random = (n: number) => createHash('sha256').update(String(n)).digest('base64url');
    expect(await artifacts().estimateCount('Session', 10)).toBe(0);
    for (let n = 0; n < 400; n += 1) await artifacts().save('Session', random(n), {}, inAnHour());
    // Neighbours in the order of ids.
    for (const model of ['Sessio', 'Session2', 'Sessions']) await artifacts().save(model, random(0), {}, inAnHour());
    for (const sample of [400, 1_000]) expect(await artifacts().estimateCount('Session', sample)).toBe(400);
    // The ids are always the same, so the estimate is, too. It is within three standard deviations.
    const estimate = await artifacts().estimateCount('Session', 100);
    expect(estimate).not.toBe(100);
    expect(Math.abs(estimate - 400)).toBeLessThan(120);
  });
}
