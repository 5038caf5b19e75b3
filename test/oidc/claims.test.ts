// The claims of an account.
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Client, Config } from '../../src/config/config.ts';
import { createTranslator } from '../../src/http/translator.ts';
import { accountClaims, CLAIMS_BY_SCOPE } from '../../src/oidc/claims.ts';
import { grantedClaims } from '../../src/oidc/claims-parameter.ts';
import { singleClaimsInWords } from '../../src/profile/claims-in-words.ts';
import type { Records } from '../../src/storage/records.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';

test('R14 the address of a carrier with dots that RFC 5322 allows only in quotes: the claim has the quotes', async () => {
  const claimsOf = async (email: string) =>
    accountClaims(
      { ...sampleAccount('person'), email },
      { scope: 'openid email', client: {} as Client, sector: '' },
      {} as Config,
      {} as Records,
    );
  expect(await claimsOf('taro..t@docomo.ne.jp')).toMatchObject({ email: '"taro..t"@docomo.ne.jp', email_verified: true });
  expect(await claimsOf('taro.t@docomo.ne.jp')).toMatchObject({ email: 'taro.t@docomo.ne.jp' });
});

test('a single claim that was granted is not given any more once the client’s file does not allow its scope', () => {
  const available = { sub: 'a', email: 'a@example.jp', name: '山田 優子' };
  const wishes = { email: null, name: null };
  const clientWith = (scope: string) => ({ metadata: { client_id: 'c', scope } }) as unknown as Client;
  const given = (scope: string, granted: string) =>
    grantedClaims(available, { wishes, scope: granted, client: clientWith(scope) });
  expect(given('openid email profile', 'openid')).toEqual(available);
  expect(given('openid email', 'openid')).toEqual({ sub: 'a', email: 'a@example.jp' });
  expect(given('openid', 'openid')).toEqual({ sub: 'a' });
  expect(grantedClaims(available, { wishes: {}, scope: 'openid email', client: clientWith('openid email profile') })).toEqual({
    sub: 'a',
    email: 'a@example.jp',
  });
});

test.each(['ja', 'en'] as const)('every claim has a name for people: %s', (language) => {
  const locales = fileURLToPath(new URL('../../config/locales', import.meta.url));
  const t = createTranslator(locales, ['common', 'common-id', 'profile']).in(language);
  const names = Object.values(CLAIMS_BY_SCOPE)
    .flat()
    .filter((name) => name !== 'sub');
  const words = names.map((name) => singleClaimsInWords([name], t));
  expect(words.filter((word) => word === '' || /single_claims|profile_fields/i.test(word))).toEqual([]);
  expect(singleClaimsInWords(['family_name', 'given_name'], t)).toBe(singleClaimsInWords(['name'], t));
});
