// The subject identifier of a customer at one dealer.
import { createHmac, createSecretKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { customerOf, dealerSubject } from '../../src/domain/dealer-subject.ts';

const KEY = createSecretKey(Buffer.alloc(32, 1));

test('is the same at one dealer, and differs between dealers and keys', () => {
  const name = dealerSubject(KEY, '23001', 'a');
  expect(name).toMatch(/^[\w-]{43}$/);
  expect(dealerSubject(KEY, '23001', 'a')).toBe(name);
  const others = [
    dealerSubject(KEY, '13001', 'a'),
    dealerSubject(KEY, '23001', 'b'),
    dealerSubject(createSecretKey(Buffer.alloc(32, 2)), '23001', 'a'),
    // A dealer's code is separated from the account id.
    dealerSubject(KEY, '23001","a', ''),
  ];
  expect(new Set([name, ...others]).size).toBe(5);
});

test('is stored in a link; an older link keeps its earlier value', () => {
  const link = { dealer: '23001', account_id: 'a' };
  expect(customerOf({ ...link, customer: 'c' }, KEY)).toBe('c');
  expect(customerOf(link, KEY)).toBe(createHmac('sha256', KEY).update('pairwise:23001:a').digest('base64url'));
});
