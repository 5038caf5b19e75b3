// The state of the link with a dealer, in one word.
import { expect, test } from '@jest/globals';
import { customerClaims, knownDealer, type KnownDealer } from '../../../src/apps/maintenance-notebook/customer-claims.ts';
import { canLink, dealerStanding, type Reading } from '../../../src/apps/maintenance-notebook/dealer-standing.ts';

test.each<[KnownDealer['link'], Reading, string, boolean]>([
  ['none', 'not_consented', 'unlinked', true],
  ['none', 'unavailable', 'unlinked', true],
  ['none', 'ok', 'active', false],
  ['pending', 'not_linked_yet', 'pending', false],
  ['pending', 'unavailable', 'pending', false],
  ['pending', 'no_token', 'pending', false],
  ['pending', 'ok', 'active', false],
  ['active', 'ok', 'active', false],
  ['active', 'not_linked_yet', 'pending', false],
  ['active', 'unavailable', 'unavailable', false],
  ['active', 'no_token', 'confirm', true],
  ['active', 'not_consented', 'confirm', true],
  ['active', 'token_refused', 'confirm', true],
  ['failed', 'not_linked_yet', 'failed', true],
  ['failed', 'ok', 'active', false],
  ['withdrawn', 'not_consented', 'withdrawn', true],
])('link %s, dealer answers %s → %s', (link, reading, standing, offered) => {
  const dealer = { code: 'a', name: { ja: 'A', en: 'A' }, resource: 'https://dealers.example/dealers/a', link };
  expect(dealerStanding(dealer, reading)).toBe(standing);
  expect(canLink(dealerStanding(dealer, reading))).toBe(offered);
});

test('no dealer → unknown', () => {
  expect(dealerStanding(undefined, 'no_token')).toBe('unknown');
});

const link = (dealer: string, status: string) => ({
  dealer,
  dealer_name: dealer,
  status,
  resource: `https://x.example/dealers/${dealer}`,
});

test.each<[object, string | undefined, string | undefined]>([
  [{}, undefined, undefined],
  [{ migration: { dealer: { code: 'a', name: 'A' } } }, 'a', 'none'],
  [{ dealer_links: [link('a', 'withdrawn'), link('b', 'active')] }, 'b', 'active'],
  [{ dealer_links: [link('a', 'failed'), link('b', 'pending')] }, 'b', 'pending'],
  [{ dealer_links: [link('a', 'withdrawn')], migration: { dealer: { code: 'b', name: 'B' } } }, 'b', 'none'],
  [{ dealer_links: [link('a', 'withdrawn')], migration: { dealer: { code: 'a', name: 'A' } } }, 'a', 'withdrawn'],
  [{ dealer_links: [link('a', 'active')], migration: { dealer: { code: 'b', name: 'B' } } }, 'a', 'active'],
])('of %j the notebook shows %s (%s)', (claims, code, status) => {
  const dealer = knownDealer(customerClaims.parse({ sub: 's', ...claims }), 'https://dealers.example');
  expect([dealer?.code, dealer?.link]).toEqual([code, status]);
});

test('R21 a dealer on an English page: it has its English name, or its only one', () => {
  const named = { ...link('愛知トヨタ', 'pending'), 'dealer_name#en': 'Aichi Toyota' };
  const nameOf = (claims: object) => knownDealer(customerClaims.parse({ sub: 'x', ...claims }), 'https://x.example')?.name;
  expect(nameOf({ dealer_links: [named] })).toEqual({ ja: '愛知トヨタ', en: 'Aichi Toyota' });
  expect(nameOf({ dealer_links: [link('b', 'pending')] })).toEqual({ ja: 'b', en: 'b' });
  expect(nameOf({ migration: { dealer: { code: 'a', name: '甲', 'name#en': 'A' } } })).toEqual({ ja: '甲', en: 'A' });
});
