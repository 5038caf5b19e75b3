// Users for development and demos, stored once in an empty database.
import { DEMO_VEHICLES } from './demo-vehicles.ts';
import type { Notice, Notices } from './notices.ts';
import { inTransaction } from './database.ts';
import type { AppDatabase } from '../open-app-database.ts';
import type { User, Users } from './users.ts';

/** The password of every demo user. */
export const DEMO_PASSWORD = 'owners-2026';

const DEMO_USERS: readonly User[] = [
  {
    id: 'tanaka',
    legacy_id: 'own-tanaka',
    email: 'tanaka@example.jp',
    profile: {
      family_name: '田中',
      given_name: '太郎',
      family_name_kana: 'タナカ',
      given_name_kana: 'タロウ',
      phone_number: '+819012340001',
      birthdate: '1995-12-25',
      gender: 'male',
      address: {
        postal_code: '4600008',
        region: '愛知県',
        locality: '名古屋市中区',
        street_address: '栄3丁目1-1',
        building: 'サカエマンション502',
      },
      dealer: {
        code: 'aichi-toyota',
        name: { ja: '愛知トヨタ自動車株式会社', en: 'Aichi Toyota Motor Co., Ltd.' },
        customer_number: 'AT-100001',
      },
      vehicles: [DEMO_VEHICLES.tanakaPrius, DEMO_VEHICLES.tanakaRav4],
    },
  },
  {
    // Lacks e-mail, birth date, building and kana.
    id: 'suzuki',
    legacy_id: 'own-suzuki',
    profile: {
      family_name: '鈴木',
      given_name: '花子',
      phone_number: '+819012340002',
      gender: 'female',
      address: { postal_code: '1600022', region: '東京都', locality: '新宿区', street_address: '新宿2丁目5-10' },
      dealer: {
        code: 'tokyo-toyota',
        name: { ja: '東京トヨタ自動車株式会社', en: 'Tokyo Toyota Motor Co., Ltd.' },
        customer_number: 'TT-200002',
      },
      vehicles: [DEMO_VEHICLES.suzukiYaris],
    },
  },
  {
    // The e-mail address already belongs to a common ID.
    id: 'sato',
    legacy_id: 'own-sato',
    email: 'sato@example.jp',
    profile: {
      family_name: '佐藤',
      given_name: '健',
      family_name_kana: 'サトウ',
      given_name_kana: 'タケシ',
      phone_number: '+819012340003',
      birthdate: '1982-05-14',
      gender: 'male',
      address: { postal_code: '5300001', region: '大阪府', locality: '大阪市北区', street_address: '梅田1丁目2-3' },
      dealer: {
        code: 'osaka-toyota',
        name: { ja: '大阪トヨタ自動車株式会社', en: 'Osaka Toyota Motor Co., Ltd.' },
        customer_number: 'OT-300003',
      },
      vehicles: [DEMO_VEHICLES.satoCorolla],
    },
  },
  {
    // Has migrated; the common ID's demo data has the matching records.
    id: 'yamada',
    legacy_id: 'own-yamada',
    email: 'yamada@example.jp',
    profile: {
      family_name: '山田',
      given_name: '優子',
      family_name_kana: 'ヤマダ',
      given_name_kana: 'ユウコ',
      phone_number: '+819012340004',
      birthdate: '1978-09-03',
      gender: 'female',
      address: {
        postal_code: '2200012',
        region: '神奈川県',
        locality: '横浜市西区',
        street_address: 'みなとみらい2丁目2-1',
        building: 'みなとビュータワー1203',
      },
      dealer: {
        code: 'kanagawa-toyota',
        name: { ja: '神奈川トヨタ自動車株式会社', en: 'Kanagawa Toyota Motor Co., Ltd.' },
        customer_number: 'KT-400004',
      },
      vehicles: [DEMO_VEHICLES.yamadaPrado],
    },
  },
  {
    // Has no known dealer.
    id: 'ito',
    legacy_id: 'own-ito',
    email: 'ito@example.jp',
    profile: {
      family_name: '伊藤',
      given_name: '誠',
      family_name_kana: 'イトウ',
      given_name_kana: 'マコト',
      phone_number: '+819012340005',
      birthdate: '1969-01-30',
      gender: 'male',
      address: { postal_code: '8100001', region: '福岡県', locality: '福岡市中央区', street_address: '天神1丁目4-2' },
      vehicles: [DEMO_VEHICLES.itoLexus],
    },
  },
];

const DAY_MS = 24 * 60 * 60 * 1000;

function noticesTo({ profile }: User, now: number): Pick<Notice, 'published_at' | 'title' | 'body'>[] {
  const { dealer, vehicles } = profile;
  const model = vehicles[0]?.model ?? '';
  return [
    {
      published_at: now - 2 * DAY_MS,
      title: {
        ja: `${model}の定期点検の時期が近づいています`,
        en: `The periodic check of your ${model} is coming up`,
      },
      body: {
        ja: `${dealer?.name.ja ?? 'お近くの販売店'}にて承ります。ご都合のよい日時を「入庫予約」からお選びください。`,
        en: `${dealer?.name.en ?? 'A dealer near you'} will take care of it. Please choose a day and time under “Service booking”.`,
      },
    },
    {
      published_at: now - 20 * DAY_MS,
      title: { ja: '冬用タイヤ交換のご案内', en: 'Time for winter tyres' },
      body: {
        ja: '冬用タイヤへの交換は、降雪の前がおすすめです。交換とあわせて空気圧の点検も行います。',
        en: 'The best time to change to winter tyres is before the first snow. We check the pressure at the same time.',
      },
    },
    {
      published_at: now - 55 * DAY_MS,
      title: { ja: '年末年始の営業時間について', en: 'Opening hours around New Year' },
      body: {
        ja: '12月29日から1月4日までは休業いたします。緊急のときは、ロードサービスへご連絡ください。',
        en: 'We are closed from 29 December to 4 January. In an emergency please call the road service.',
      },
    },
  ];
}

/** Stores the demo users and their notices, unless there are users already. */
export async function seedDemoData(database: AppDatabase, users: Users, notices: Notices, clock: () => number): Promise<void> {
  if (!users.isEmpty()) return;
  const passwordHash = await users.hashPassword(DEMO_PASSWORD);
  inTransaction(database, () => {
    for (const user of DEMO_USERS) {
      users.add(user, passwordHash);
      for (const notice of noticesTo(user, clock())) notices.add(user.id, notice);
    }
  });
}
