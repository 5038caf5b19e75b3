// What a person types at ⑦, but for the password: the examples of the table of profile fields, with another name and address.
import { makeProfile } from '../../src/domain/profile-fields.ts';
import { profileFields } from '../../src/profile/profile-form.ts';

const examples = makeProfile((_key, { asked, example }) => (asked.registration === 'no' ? undefined : example));

export const TYPED_PROFILE: Record<string, string> = {
  ...profileFields(examples),
  family_name: '伊藤',
  given_name: '葵',
  family_name_kana: 'イトウ',
  given_name_kana: 'アオイ',
  phone_number: '090-1234-5678',
  postal_code: '4600001',
  region: '愛知県',
  locality: '名古屋市中区',
  street_address: '三の丸1-2-3',
};
