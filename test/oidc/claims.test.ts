// The claims of an account.
import { expect, test } from '@jest/globals';
import type { Client, Config } from '../../src/config/config.ts';
import { accountClaims } from '../../src/oidc/claims.ts';
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
