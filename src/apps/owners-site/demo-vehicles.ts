// The demo users' vehicles. The dealer system's demo data has their service history under the same VINs and months.
import type { OwnedVehicle } from './users.ts';

export const DEMO_VEHICLES = {
  tanakaPrius: {
    vin: 'JTDKB20U093500001',
    registration_number: '名古屋 330 あ 12-34',
    model: 'プリウス',
    first_registered: '2020-06',
  },
  tanakaRav4: {
    vin: 'JTMW43FV20D500002',
    registration_number: '名古屋 301 さ 56-78',
    model: 'RAV4',
    first_registered: '2023-04',
  },
  suzukiYaris: {
    vin: 'JTDKW9D300D500003',
    registration_number: '練馬 501 た 23-45',
    model: 'ヤリス',
    first_registered: '2022-09',
  },
  satoCorolla: {
    vin: 'JTNK43BE303500004',
    registration_number: 'なにわ 300 に 34-56',
    model: 'カローラ',
    first_registered: '2019-11',
  },
  yamadaPrado: {
    vin: 'JTEBR3FJ50K500005',
    registration_number: '横浜 302 ほ 45-67',
    model: 'ランドクルーザープラド',
    first_registered: '2021-02',
  },
  itoLexus: {
    vin: 'JTHBA1D20G5000006',
    registration_number: '福岡 330 ら 67-89',
    model: 'LEXUS IS',
    first_registered: '2022-05',
  },
} satisfies Record<string, OwnedVehicle>;
