// The promises of the port about a call that is made again.
import { expect, test } from '@jest/globals';
import { expectChain } from '../expect-whole.ts';
import { nameOf, OPERATIONS } from '../same-call-operations.ts';
import { useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

export function sameCallPromises(open: OpenBackend): void {
  const subject = useSubject(open);

  test.each(OPERATIONS)(
    '$name: six times at once and once more, it ends as if it was made once',
    async ({ prepare, call, refusal, isDone }) => {
      await prepare?.(subject.storage, 'a');
      const results = await subject.race(6, async (storage) => call(storage, 'a').then(() => 'done', nameOf));
      await subject.reopen();
      const again = await call(subject.storage, 'a').then(() => 'done', nameOf);
      expect(again).toBe(refusal ?? 'done');
      const outcomes = results.map((result) => (result.status === 'fulfilled' ? result.value : 'thrown')).toSorted();
      const others = Array.from({ length: 5 }, () => refusal ?? 'done');
      expect(outcomes).toEqual(['done', ...others].toSorted());
      await isDone(subject.storage, 'a');
      await expectChain(subject.storage);
    },
  );
}
