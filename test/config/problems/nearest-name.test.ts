// Suggestions for misspelled names.
import { expect, test } from '@jest/globals';
import { nearestName } from '../../../src/config/problems/nearest-name.ts';

const KNOWN = ['brand', 'first_party', 'required_claims', 'ISSUER', 'PORT'];

test.each([
  ['brnad', 'brand'],
  ['Brand', 'brand'],
  ['firstParty', 'first_party'],
  ['required_claim', 'required_claims'],
  ['requiredclaims', 'required_claims'],
  ['PROT', 'PORT'],
  ['PRT', 'PORT'],
  ['TROP', undefined],
  ['requried_claim', 'required_claims'],
  ['ISUER', 'ISSUER'],
  ['HOST', undefined],
  ['x', undefined],
  ['', undefined],
  ['something_else', undefined],
])('%s → %s', (name, expected) => {
  expect(nearestName(name, KNOWN)).toBe(expected);
});
