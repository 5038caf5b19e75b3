// What a person types at ⑦, but for the password.
export const TYPED_PROFILE: Record<string, string> = {
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
