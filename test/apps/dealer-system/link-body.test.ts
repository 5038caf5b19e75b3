// The dealer accepts every value that the common ID accepts. A value that only the dealer refused would fail the whole link for good.
import { expect, test } from '@jest/globals';
import { linkBody } from '../../../src/apps/dealer-system/link-body.ts';
import { parseLegacyProfile } from '../../../src/domain/legacy-profile.ts';

const LONG = '𠮷'.repeat(100);

test('R1 the shortest and the longest values of a hand-over: the dealer accepts them', () => {
  const handedOver = parseLegacyProfile({
    sub: 'legacy-1',
    family_name: '𠮷'.repeat(40),
    given_name: '𠮷'.repeat(40),
    'family_name#ja-Kana-JP': 'ア'.repeat(40),
    'given_name#ja-Kana-JP': 'ア'.repeat(40),
    phone_number: '+819012345678',
    birthdate: '1964-10-10',
    address: {
      postal_code: '4600008',
      region: '愛知県',
      locality: LONG,
      street_address: `${'𠮷'.repeat(49)}\n${'𠮷'.repeat(50)}`,
    },
    dealer: { code: 'aichi-toyota', customer_number: LONG },
    vehicles: [
      { vin: 'ab1-2', registration_number: LONG, model: LONG, first_registered: '2020-06' },
      { vin: '1234567890123456789012345', first_registered: '2020-06-01' },
    ],
  });
  if (!handedOver.ok) throw new Error(handedOver.problems.join());
  expect(handedOver.dropped).toEqual([]);
  const { profile, vehicles, dealer } = handedOver.profile;
  expect(vehicles).toHaveLength(2);
  const told = linkBody.safeParse({
    customer: {
      sub: 'customer',
      name: `${profile.family_name} ${profile.given_name}`,
      kana: `${profile.family_name_kana} ${profile.given_name_kana}`,
      email: 'taro@example.jp',
      phone_number: profile.phone_number,
      address: profile.address,
      birthdate: profile.birthdate,
    },
    customer_number: dealer?.customer_number,
    vehicles,
    consent_receipt: 'receipt',
  });
  expect(told.error?.issues).toBeUndefined();
});
