// The states of a migration.
import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/domain/account.ts';
import type { DealerLink, DealerLinkStatus } from '../../src/domain/dealer-link.ts';
import {
  completeMigration,
  handedOver,
  missingSteps,
  proposeCandidate,
  startMigration,
  undoMigration,
  vehiclesOf,
  withHandOver,
  type Migration,
  type MigrationStep,
} from '../../src/domain/migration.ts';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const VEHICLES = [{ vin: 'ZVW30-1234567' }];
const DEALER = { code: 'aichi-01', customer_number: 'A-1' };
const LEGACY = { vehicles: VEHICLES, dealer: DEALER, email: 'tanaka@example.jp' };
const started = startMigration('owners-site', { legacy_id: 'tanaka', dealer: { code: 'aichi-01' } }, NOW);

function after(step: MigrationStep): Migration {
  if (!step.ok) throw new Error(step.reason);
  return step.migration;
}
const proposed = after(
  proposeCandidate(started, { accountId: 'account', codeChallenge: 'challenge', legacy: LEGACY, language: 'ja' }, NOW + 1),
);
const completed = after(completeMigration(proposed, 'account', 'completion', NOW + 2));

test('begins without an account', () => {
  expect(started).toEqual({
    client_id: 'owners-site',
    legacy_id: 'tanaka',
    version: 0,
    started_at: NOW,
    vehicles: [],
    dealer: { code: 'aichi-01' },
  });
  expect(startMigration('owners-site', { legacy_id: 'ito' }, NOW)).not.toHaveProperty('dealer');
});

test('a candidate becomes final only when its code is redeemed', () => {
  const candidate = { account_id: 'account', code_challenge: 'challenge', at: NOW + 1, ...LEGACY, language: 'ja' };
  expect(proposed).toEqual({ ...started, candidate });
  const final = { account_id: 'account', completed_at: NOW + 2, completion: 'completion' };
  expect(completed).toEqual({ ...started, vehicles: VEHICLES, dealer: DEALER, ...final });
});

test('a later attempt replaces the candidate, whose code then completes nothing', () => {
  const replaced = after(
    proposeCandidate(proposed, { accountId: 'other', codeChallenge: 'other-challenge', legacy: LEGACY, language: 'ja' }, NOW + 3),
  );
  expect(replaced.candidate).toMatchObject({ account_id: 'other', code_challenge: 'other-challenge', at: NOW + 3 });
  expect(completeMigration(replaced, 'account', 'completion', NOW + 4)).toEqual({ ok: false, reason: 'not_the_candidate' });
  expect(after(completeMigration(replaced, 'other', 'completion', NOW + 4)).account_id).toBe('other');
});

test('without a candidate nothing is completed', () => {
  expect(completeMigration(started, 'account', 'completion', NOW)).toEqual({ ok: false, reason: 'not_the_candidate' });
});

test('a second completion changes nothing', () => {
  expect(after(completeMigration(completed, 'account', 'completion', NOW + 9))).toBe(completed);
  expect(
    after(
      proposeCandidate(completed, { accountId: 'account', codeChallenge: 'challenge', legacy: LEGACY, language: 'ja' }, NOW + 9),
    ),
  ).toBe(completed);
});

test('one legacy identity has one account', () => {
  const refused = { ok: false, reason: 'linked_to_another_account' };
  expect(
    proposeCandidate(completed, { accountId: 'other', codeChallenge: 'challenge', legacy: LEGACY, language: 'ja' }, NOW),
  ).toEqual(refused);
  expect(completeMigration(completed, 'other', 'completion', NOW)).toEqual(refused);
});

test('data that an older version kept beside the candidate becomes final with it', () => {
  const candidate = { account_id: 'account', code_challenge: 'challenge', at: NOW + 1 };
  const older: Migration = { ...started, vehicles: VEHICLES, candidate };
  expect(after(completeMigration(older, 'account', 'completion', NOW + 2))).toMatchObject({
    vehicles: VEHICLES,
    dealer: { code: 'aichi-01' },
    account_id: 'account',
  });
});

test('after an undo it is free for another account, keeps no data of the hand-over, and an old link undoes nothing that comes later', () => {
  const undone = undoMigration(completed, 'completion', NOW + 3);
  expect(undone).toEqual({ ...started, undone_at: NOW + 3 });
  expect(undoMigration(undone, 'completion', NOW + 4)).toBe(undone);
  const again = after(
    proposeCandidate(undone, { accountId: 'other', codeChallenge: 'c2', legacy: LEGACY, language: 'ja' }, NOW + 5),
  );
  expect(undoMigration(again, 'completion', NOW + 6)).toBe(again);
  const other = after(completeMigration(again, 'other', 'completion-2', NOW + 6));
  expect(undoMigration(other, 'completion', NOW + 7)).toBe(other);
  expect(undoMigration(other, 'completion-2', NOW + 7).account_id).toBeUndefined();
});

test('a hand-over reveals nothing more of a migration until it is final', () => {
  expect(withHandOver(started, { vehicles: VEHICLES, dealer: { ...DEALER, code: 'tokyo-01' } })).toEqual({
    ...started,
    dealer: { code: 'tokyo-01' },
  });
  const vehicles = [{ vin: 'NEW-1' }];
  expect(withHandOver(completed, { vehicles, dealer: DEALER })).toEqual({ ...completed, vehicles });
});

test('a dealer gets every vehicle of the final migrations, and the number of those that name this dealer', () => {
  const aichi = { dealer: 'aichi-01' };
  expect(handedOver([completed], aichi)).toEqual({ customerNumber: 'A-1', vehicles: VEHICLES });
  expect(handedOver([completed], { dealer: 'tokyo-01' })).toEqual({ customerNumber: undefined, vehicles: VEHICLES });
  expect(handedOver([], { ...aichi, customer_number: 'OLD' })).toEqual({ customerNumber: undefined, vehicles: [] });
  const newer = {
    ...completed,
    completed_at: NOW + 9,
    dealer: { ...DEALER, customer_number: 'A-2' },
    vehicles: [{ vin: 'NEW-1' }, { vin: 'ZVW30-1234567', model: 'プリウス' }],
  };
  expect(handedOver([newer, completed], aichi)).toEqual({
    customerNumber: 'A-2',
    vehicles: [{ vin: 'ZVW30-1234567', model: 'プリウス' }, { vin: 'NEW-1' }],
  });
  // An older version kept the number with the link.
  const older = { ...completed, dealer: { code: 'aichi-01' } };
  expect(handedOver([older], { ...aichi, customer_number: 'OLD' }).customerNumber).toBe('OLD');
});

test('R1 clients and dealers get the same list: each vehicle once, as the newest migration has it, and at most as many as a dealer accepts', () => {
  const many = { ...completed, vehicles: Array.from({ length: 50 }, (_, index) => ({ vin: `CAR-${index}` })) };
  const newer = { ...completed, completed_at: NOW + 9, vehicles: [{ vin: 'CAR-1', model: 'プリウス' }, { vin: 'NEW-1' }] };
  const vehicles = vehiclesOf([newer, many]);
  expect(vehicles).toEqual(handedOver([newer, many], { dealer: 'aichi-01' }).vehicles);
  expect(vehicles).toHaveLength(50);
  expect(vehicles.filter(({ vin }) => vin === 'CAR-1')).toEqual([{ vin: 'CAR-1', model: 'プリウス' }]);
  expect(vehicles.at(-1)).toEqual({ vin: 'NEW-1' });
});

describe('missing parts', () => {
  const account = { id: 'account' } as Account;
  const link = (status: DealerLinkStatus, dealer = 'aichi-01', clientId = 'notebook'): DealerLink[] => [
    { dealer, status, consent: { client_id: clientId } } as DealerLink,
  ];
  const withoutDealer = startMigration('owners-site', { legacy_id: 'ito' }, NOW);
  const facts = {
    migration: started as Migration | undefined,
    account: undefined as Account | undefined,
    dealerLinks: [] as DealerLink[],
    requiredMissing: true,
  };

  test.each([
    ['never started', { ...facts, migration: undefined }, ['registration', 'login', 'required_profile', 'return']],
    ['started', facts, ['registration', 'dealer_link', 'login', 'required_profile', 'return']],
    ['no dealer known', { ...facts, migration: withoutDealer }, ['registration', 'login', 'required_profile', 'return']],
    ['registered', { ...facts, account }, ['dealer_link', 'login', 'required_profile', 'return']],
    ['has an ID with all that is required', { ...facts, account, requiredMissing: false }, ['dealer_link', 'login', 'return']],
    ['linked before', { ...facts, account, dealerLinks: link('active') }, ['login', 'required_profile', 'return']],
    ['link on its way', { ...facts, account, dealerLinks: link('pending') }, ['login', 'required_profile', 'return']],
    [
      'linked with another dealer',
      { ...facts, account, dealerLinks: link('active', 'tokyo-01') },
      ['dealer_link', 'login', 'required_profile', 'return'],
    ],
    [
      'left the dealer before',
      { ...facts, account, dealerLinks: link('withdrawn') },
      ['dealer_link', 'login', 'required_profile', 'return'],
    ],
    [
      '⑭ reached, the way back lost',
      { ...facts, migration: proposed, account, requiredMissing: false, dealerLinks: link('pending') },
      ['return'],
    ],
    ['⑭ reached without the dealer', { ...facts, migration: proposed, account, requiredMissing: false }, ['return']],
    [
      '⑭ reached, the dealer never accepted',
      { ...facts, migration: proposed, account, dealerLinks: link('failed') },
      ['dealer_link', 'return'],
    ],
    ['complete', { ...facts, migration: completed, account, dealerLinks: link('active') }, []],
    ['complete, link on its way', { ...facts, migration: completed, account, dealerLinks: link('pending') }, []],
    ['complete, without the dealer', { ...facts, migration: completed, account }, []],
    ['complete, left the dealer since', { ...facts, migration: completed, account, dealerLinks: link('withdrawn') }, []],
    [
      'complete, the dealer never accepted',
      { ...facts, migration: completed, account, dealerLinks: link('failed') },
      ['dealer_link'],
    ],
    [
      'complete, a dealer that was chosen never accepted',
      { ...facts, migration: completed, account, dealerLinks: link('failed', 'tokyo-01', 'owners-site') },
      ['dealer_link'],
    ],
    [
      'complete, a dealer that was linked elsewhere never accepted',
      { ...facts, migration: completed, account, dealerLinks: link('failed', 'tokyo-01') },
      [],
    ],
  ])('%s', (_, known, steps) => {
    expect(missingSteps(known)).toEqual(steps);
  });
});
