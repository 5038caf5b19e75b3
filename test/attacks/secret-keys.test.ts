// The keys that are made of HMAC_KEY, SUBJECT_KEY and LEDGER_KEY: design/reality.md R56.
import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { makeSecretKeys, type SecretKeys } from '../../src/config/secret-keys.ts';
import { dealerSubject } from '../../src/domain/dealer-subject.ts';
import { pairwiseSubject } from '../../src/oidc/pairwise-subject.ts';

const OLD = 'the-key-of-an-installation-that-stands-0123';
const NEW = 'another-key-that-was-made-later-0123456789';

const valuesOf = (keys: SecretKeys): Record<string, string> =>
  Object.fromEntries(Object.entries(keys).map(([use, key]) => [use, key.export().toString('base64')]));

test('R56 two uses of one secret: no two share a key', () => {
  for (const secrets of [
    { hmac: OLD, subject: undefined, ledger: undefined },
    { hmac: OLD, subject: OLD, ledger: OLD },
    { hmac: OLD, subject: NEW, ledger: NEW },
  ]) {
    const values = Object.values(valuesOf(makeSecretKeys(secrets)));
    expect(values.length).toBeGreaterThan(5);
    expect(new Set(values).size).toBe(values.length);
  }
});

test('R56 an installation that has only HMAC_KEY: clients and dealers know its customers by the names that they knew', () => {
  const { subject } = makeSecretKeys({ hmac: OLD, subject: undefined, ledger: undefined });
  const before = (text: string): string => createHmac('sha256', OLD).update(text).digest('base64url');
  expect(pairwiseSubject(subject, 'account', { sectorIdentifier: 'shop.example.jp', clientId: 'shop' })).toBe(
    before('pairwise:shop.example.jp:account'),
  );
  expect(dealerSubject(subject, 'aichi-toyota', 'account')).toBe(before('pairwise:aichi-toyota:account'));
});

test('R56 HMAC_KEY is turned, the old one stays as SUBJECT_KEY and LEDGER_KEY: names and ledger stay, everything else turns', () => {
  const before = valuesOf(makeSecretKeys({ hmac: OLD, subject: undefined, ledger: undefined }));
  const after = valuesOf(makeSecretKeys({ hmac: NEW, subject: OLD, ledger: OLD }));
  const same = Object.keys(before).filter((use) => before[use] === after[use]);
  expect(same.toSorted()).toEqual(['ledger', 'linkId', 'subject']);
});
