// The promises of the port about `counters`.
import { expect, test } from '@jest/globals';
import { answered, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

export function counterPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const counters = () => subject.storage.counters;

  test('points add up until the counter ends, and its end stands', async () => {
    const expires_at = subject.now() + 1_000;
    expect(await counters().get('k')).toBeUndefined();
    expect(await counters().add('k', 2, 1_000)).toEqual({ points: 2, expires_at });
    subject.advance(500);
    expect(await counters().add('k', 3, 1_000)).toEqual({ points: 5, expires_at });
    expect(await counters().add('k', -1, 1_000)).toEqual({ points: 4, expires_at });
    await subject.reopen();
    expect(await counters().get('k')).toEqual({ points: 4, expires_at });
    expect(await counters().get('other')).toBeUndefined();
  });

  test('a counter that has ended starts again from zero', async () => {
    await counters().add('k', 7, 1_000);
    subject.advance(1_000);
    expect(await counters().get('k')).toBeUndefined();
    expect(await counters().add('k', 1, 2_000)).toEqual({ points: 1, expires_at: subject.now() + 2_000 });
  });

  test('of 50 parallel additions none is lost and each sees its own value', async () => {
    const results = await subject.race(50, (storage) => storage.counters.add('k', 1, 1_000));
    const values = answered(results).map(({ points }) => points);
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  test('what was removed starts again', async () => {
    await counters().add('k', 7, 1_000);
    await counters().remove('k');
    await counters().remove('never there');
    expect(await counters().get('k')).toBeUndefined();
    expect(await counters().add('k', 1, 1_000)).toMatchObject({ points: 1 });
  });
}
