// The second factor of an account: which codes count once, and how the removal of a lost one waits, is stopped and ends.
import { expect, test } from '@jest/globals';
import {
  askForRemoval,
  REMOVAL_WAITS_MS,
  stopRemoval,
  useRecoveryCode,
  useStep,
  waitingRemoval,
  withoutSecondFactor,
  withRecoveryCodes,
  withSecondFactor,
  type SecondFactor,
} from '../../src/domain/second-factor.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';

const NOW = 1_000_000;
const FACTOR: SecondFactor = {
  id: 'setup',
  sealed_secret: 'sealed',
  added_at: 1,
  last_step: 10,
  recovery_codes: ['one', 'two'],
  recovery_codes_made_at: 1,
};
const without = sampleAccount('a');
const having = { ...without, second_factor: FACTOR };
const waiting = askForRemoval(having, { stop_sha256: 'stop' }, NOW);

test('an account has one second factor: a second one is refused, and what needs one is refused without it', () => {
  expect(withSecondFactor(without, FACTOR)?.second_factor).toEqual(FACTOR);
  expect(withSecondFactor(having, { ...FACTOR, id: 'other' })).toBeUndefined();
  expect(withoutSecondFactor(having)).toEqual(without);
  const refused = [withoutSecondFactor(without), useStep(without, 'setup', 11), useRecoveryCode(without, 'one')];
  expect([...refused, withRecoveryCodes(without, ['x'], NOW), askForRemoval(without, { stop_sha256: 's' }, NOW)]).toEqual(
    Array.from({ length: 5 }),
  );
});

test.each([
  ['setup', 11, 11],
  ['setup', 10, undefined],
  ['setup', 9, undefined],
  ['other', 11, undefined],
])('after step 10 of setup, the code of %s and step %i: the newest step is %s', (id, step, newest) => {
  expect(useStep(having, id, step)?.second_factor?.last_step).toBe(newest);
});

test('a recovery code counts once; new ones replace all', () => {
  const used = useRecoveryCode(having, 'one');
  expect(used?.second_factor?.recovery_codes).toEqual(['two']);
  expect(used && useRecoveryCode(used, 'one')).toBeUndefined();
  expect(withRecoveryCodes(having, ['new'], NOW)?.second_factor).toEqual({
    ...FACTOR,
    recovery_codes: ['new'],
    recovery_codes_made_at: NOW,
  });
});

test('a removal waits a day, is asked for once, and is stopped once', () => {
  if (!waiting) throw new Error('no removal was asked for');
  expect(waitingRemoval(having)).toBeUndefined();
  expect(waitingRemoval(waiting)).toEqual({ stop_sha256: 'stop', asked_at: NOW, due_at: NOW + REMOVAL_WAITS_MS });
  expect(askForRemoval(waiting, { stop_sha256: 'again' }, NOW)).toBeUndefined();
  const stopped = stopRemoval(waiting);
  expect(stopped).toEqual(having);
  expect(stopped && stopRemoval(stopped)).toBeUndefined();
});

test('a code, a recovery code, and a new password or address end a removal', () => {
  if (!waiting) throw new Error('no removal was asked for');
  expect(useStep(waiting, 'setup', 11)?.second_factor?.removal).toBeUndefined();
  expect(useRecoveryCode(waiting, 'one')?.second_factor?.removal).toBeUndefined();
  const later = { ...waiting, sign_ins_ended_at: NOW + 1 };
  expect(waitingRemoval(later)).toBeUndefined();
  // After it, another one can be asked for, and it waits.
  const again = askForRemoval(later, { stop_sha256: 'again' }, NOW + 2);
  expect(again && waitingRemoval(again)).toMatchObject({ stop_sha256: 'again', sign_ins_ended_at: NOW + 1 });
});
