// The states of a dealer link.
import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  accept,
  clientLinkId,
  dealerLinkId,
  fail,
  isVisibleTo,
  newDealerLink,
  RECEIVED_DATA,
  renew,
  SHARED_DATA,
  withdraw,
  type DealerConsent,
  type DealerLink,
} from '../../src/domain/dealer-link.ts';

import { pairwiseSubject } from '../../src/oidc/clients/pairwise-subject.ts';
import { customerOf } from '../../src/domain/dealer-subject.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';

const KEYS = makeSecretKeys({ hmac: 'k'.repeat(32), subject: undefined, ledger: undefined });
const NOW = Date.parse('2026-11-22T00:00:00Z');
const CONSENT: DealerConsent = {
  text: { version: '2026-11', language: 'ja', sha256: 'a'.repeat(64) },
  share: [...SHARED_DATA],
  receive: [...RECEIVED_DATA],
  given_at: NOW,
  client_id: 'owners-site',
};
const pending = newDealerLink({ accountId: 'account', dealer: 'aichi-01', consent: CONSENT, now: NOW }, KEYS);
const active = accept(pending, NOW + 1);
const dead = fail(pending, NOW + 1);
const gone = withdraw(active, NOW + 2);

test('begins with the consent, before any delivery', () => {
  expect(pending).toEqual({
    id: dealerLinkId(KEYS.dealerLinkId, 'account', 'aichi-01'),
    version: 1,
    account_id: 'account',
    dealer: 'aichi-01',
    customer: expect.stringMatching(/^[\w-]{43}$/),
    status: 'pending',
    consent: CONSENT,
    created_at: NOW,
    updated_at: NOW,
  });
});

test('an account and a dealer have one link id, which reveals neither', () => {
  expect(dealerLinkId(KEYS.dealerLinkId, 'account', 'aichi-01')).toBe(pending.id);
  expect(pending.id).toMatch(/^dl_[\w-]{43}$/);
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (account, dealer, otherAccount, otherDealer) => {
      const same = account === otherAccount && dealer === otherDealer;
      const [one, other] = [
        dealerLinkId(KEYS.dealerLinkId, account, dealer),
        dealerLinkId(KEYS.dealerLinkId, otherAccount, otherDealer),
      ];
      expect(one === other).toBe(same);
    }),
  );
});

test('each sector of clients gets its own id of a link, which differs from the dealer’s and cannot be computed without the key', () => {
  const [one, other] = ['one.example', 'other.example'].map((sector) => clientLinkId(KEYS.linkId, sector, pending.id));
  expect(new Set([one, other, pending.id]).size).toBe(3);
  expect(clientLinkId(KEYS.linkId, 'one.example', pending.id)).toBe(one);
  const another = makeSecretKeys({ hmac: 'k'.repeat(32), subject: 's'.repeat(32), ledger: undefined });
  expect(clientLinkId(another.linkId, 'one.example', pending.id)).not.toBe(one);
  expect(dealerLinkId(another.dealerLinkId, 'account', 'aichi-01')).not.toBe(pending.id);
});

test('a dealer’s name for a customer differs from every client’s; an older link keeps the name that its dealer knows', () => {
  const asClient = pairwiseSubject(KEYS.subject, 'account', { clientId: 'aichi-01' });
  const { customer: _customer, ...older } = pending;
  expect(customerOf(pending, KEYS.subject)).toBe(pending.customer);
  expect(customerOf(pending, KEYS.subject)).not.toBe(asClient);
  // HMAC-SHA-256 of `pairwise:aichi-01:account`, as earlier versions computed it.
  expect(customerOf(older, KEYS.subject)).toBe(
    createHmac('sha256', 'k'.repeat(32)).update('pairwise:aichi-01:account').digest('base64url'),
  );
});

describe('transitions between states', () => {
  type Step = (link: DealerLink) => DealerLink;
  const accepts: Step = (link) => accept(link, NOW + 9);
  const fails: Step = (link) => fail(link, NOW + 9);
  const leave: Step = (link) => withdraw(link, NOW + 9);
  const again: Step = (link) => renew(link, { ...CONSENT, given_at: NOW + 9 }, NOW + 9);
  const elsewhere: Step = (link) => renew(link, { ...CONSENT, given_at: NOW + 9, client_id: 'notebook' }, NOW + 9);
  const anew: Step = (link) => renew(link, { ...CONSENT, text: { ...CONSENT.text, sha256: 'b'.repeat(64) } }, NOW + 9);

  test.each<[string, DealerLink, Step, DealerLink['status'], 'changes' | 'stays']>([
    ['pending, accepted', pending, accepts, 'active', 'changes'],
    ['pending, failed', pending, fails, 'failed', 'changes'],
    ['pending, withdrawn', pending, leave, 'withdrawn', 'changes'],
    ['pending, the same consent again', pending, again, 'pending', 'stays'],
    ['pending, another text', pending, anew, 'pending', 'changes'],
    ['active, accepted twice', active, accepts, 'active', 'stays'],
    ['active, a late failure', active, fails, 'active', 'stays'],
    ['active, withdrawn', active, leave, 'withdrawn', 'changes'],
    ['active, the same consent again', active, again, 'active', 'stays'],
    ['active, another text', active, anew, 'pending', 'changes'],
    ['active, in another client’s flow', active, elsewhere, 'active', 'changes'],
    ['active, in another client’s flow twice', { ...elsewhere(active), updated_at: NOW + 1 }, elsewhere, 'active', 'stays'],
    ['failed, accepted after all', dead, accepts, 'active', 'changes'],
    ['failed, failed twice', dead, fails, 'failed', 'stays'],
    ['failed, withdrawn', dead, leave, 'withdrawn', 'changes'],
    ['failed, pressed again', dead, again, 'pending', 'changes'],
    ['withdrawn, the dealer answers late', gone, accepts, 'withdrawn', 'stays'],
    ['withdrawn, a late failure', gone, fails, 'withdrawn', 'stays'],
    ['withdrawn twice', gone, leave, 'withdrawn', 'stays'],
    ['withdrawn, pressed again', gone, again, 'pending', 'changes'],
    ['withdrawn, the page of before shown once more', gone, (link) => renew(link, CONSENT, NOW + 9), 'withdrawn', 'stays'],
  ])('%s', (_, link, step, status, change) => {
    const before = structuredClone(link);
    const after = step(link);
    expect(link).toEqual(before);
    expect(after.status).toBe(status);
    expect(after === link).toBe(change === 'stays');
    expect(after.updated_at).toBe(change === 'stays' ? link.updated_at : NOW + 9);
    expect([after.id, after.version, after.created_at]).toEqual([link.id, link.version, link.created_at]);
  });

  test('a renewed link has the new consent, and forgets when it was accepted', () => {
    const anewFromGone = again(gone);
    expect(anewFromGone.consent.given_at).toBe(NOW + 9);
    expect(anewFromGone).not.toHaveProperty('linked_at');
    expect(anewFromGone).not.toHaveProperty('other_consents');
    expect([anewFromGone.id, anewFromGone.customer]).toEqual([gone.id, gone.customer]);
  });

  test('a consent belongs to one client; others are kept beside it, and a withdrawal revokes all of them', () => {
    const clientsOf = ({ consent, other_consents: others = [] }: DealerLink) =>
      [consent, ...others].map(({ client_id: id }) => id);
    const both = elsewhere(active);
    expect(clientsOf(both)).toEqual(['owners-site', 'notebook']);
    expect(both.consent).toBe(active.consent);
    expect(clientsOf(anew(both))).toEqual(['owners-site', 'notebook']);
    expect(clientsOf(elsewhere(anew(pending)))).toEqual(['notebook', 'owners-site']);
    expect(clientsOf(elsewhere(fail(pending, NOW + 1)))).toEqual(['notebook', 'owners-site']);
    const gallery = { firstParty: false, metadata: { client_id: 'gallery' } };
    const notebook = { firstParty: false, metadata: { client_id: 'notebook' } };
    expect([active, both].map((link) => isVisibleTo(link, notebook))).toEqual([false, true]);
    expect([isVisibleTo(both, gallery), isVisibleTo(both, { ...gallery, firstParty: true })]).toEqual([false, true]);
    const back = renew(leave(both), { ...CONSENT, given_at: NOW + 12 }, NOW + 12);
    expect(clientsOf(back)).toEqual(['owners-site']);
    // A consent from before the withdrawal, in another tab.
    expect(renew(back, { ...CONSENT, given_at: NOW + 3, client_id: 'notebook' }, NOW + 20)).toBe(back);
  });

  test('after a withdrawal only a new consent restores the link, with any events in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(accepts, fails, leave)), (steps) => {
        expect(steps.reduce((link, step) => step(link), gone).status).toBe('withdrawn');
      }),
    );
  });

  test('the order of the data does not make another consent', () => {
    expect(renew(active, { ...CONSENT, share: [...SHARED_DATA].reverse() }, NOW + 9)).toBe(active);
    expect(renew(active, { ...CONSENT, share: ['profile'] }, NOW + 9).status).toBe('pending');
  });
});
