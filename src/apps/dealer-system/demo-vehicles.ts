// The demo vehicles and their service history.
import type { KnownVehicle } from './vehicle-store.ts';

export const DEMO_VEHICLES: readonly KnownVehicle[] = [
  {
    vin: 'JTDKB20U093500001',
    model: 'プリウス',
    first_registered: '2020-06-18',
    history: [
      { date: '2020-07-19', kind: 'one_month', mileage_km: 812, items: [] },
      { date: '2021-06-13', kind: 'twelve_months', mileage_km: 9_650, items: ['engine_oil', 'wiper_rubber'] },
      { date: '2022-06-12', kind: 'twelve_months', mileage_km: 19_204, items: ['engine_oil', 'oil_filter', 'cabin_filter'] },
      { date: '2023-06-04', kind: 'inspection', mileage_km: 28_977, items: ['engine_oil', 'brake_fluid', 'wiper_rubber'] },
      { date: '2024-06-09', kind: 'twelve_months', mileage_km: 38_120, items: ['engine_oil', 'oil_filter', 'tyre_rotation'] },
      { date: '2025-06-08', kind: 'inspection', mileage_km: 47_533, items: ['engine_oil', 'brake_fluid', 'coolant', 'tyres'] },
      { date: '2025-12-14', kind: 'six_months', mileage_km: 52_081, items: ['engine_oil'] },
      { date: '2026-06-14', kind: 'twelve_months', mileage_km: 56_740, items: ['engine_oil', 'oil_filter', 'battery'] },
    ],
  },
  {
    vin: 'JTMW43FV20D500002',
    model: 'RAV4',
    first_registered: '2023-04-21',
    history: [
      { date: '2023-05-27', kind: 'one_month', mileage_km: 1_105, items: [] },
      { date: '2024-04-14', kind: 'twelve_months', mileage_km: 13_480, items: ['engine_oil', 'wiper_rubber'] },
      { date: '2025-04-13', kind: 'twelve_months', mileage_km: 26_311, items: ['engine_oil', 'oil_filter', 'tyre_rotation'] },
      { date: '2026-04-05', kind: 'inspection', mileage_km: 38_902, items: ['engine_oil', 'brake_fluid', 'brake_pads'] },
      { date: '2026-10-11', kind: 'oil_change', mileage_km: 44_650, items: ['engine_oil'] },
    ],
  },
  {
    vin: 'JTDKW9D300D500003',
    model: 'ヤリス',
    first_registered: '2022-09-09',
    history: [
      { date: '2022-10-10', kind: 'one_month', mileage_km: 540, items: [] },
      { date: '2023-09-03', kind: 'twelve_months', mileage_km: 6_120, items: ['engine_oil'] },
      { date: '2024-09-01', kind: 'twelve_months', mileage_km: 11_875, items: ['engine_oil', 'oil_filter', 'wiper_rubber'] },
      { date: '2025-08-31', kind: 'inspection', mileage_km: 17_430, items: ['engine_oil', 'brake_fluid', 'cabin_filter'] },
    ],
  },
  {
    vin: 'JTNK43BE303500004',
    model: 'カローラ',
    first_registered: '2019-11-15',
    history: [
      { date: '2022-11-06', kind: 'inspection', mileage_km: 31_240, items: ['engine_oil', 'brake_fluid'] },
      { date: '2023-11-12', kind: 'twelve_months', mileage_km: 41_690, items: ['engine_oil', 'oil_filter', 'battery'] },
      { date: '2024-11-03', kind: 'inspection', mileage_km: 52_018, items: ['engine_oil', 'brake_fluid', 'brake_pads'] },
      { date: '2025-03-22', kind: 'repair', mileage_km: 55_470, items: ['tyres'] },
      { date: '2025-11-09', kind: 'twelve_months', mileage_km: 61_903, items: ['engine_oil', 'oil_filter'] },
      { date: '2026-11-08', kind: 'inspection', mileage_km: 72_350, items: ['engine_oil', 'brake_fluid', 'coolant'] },
    ],
  },
  {
    vin: 'JTEBR3FJ50K500005',
    model: 'ランドクルーザープラド',
    first_registered: '2021-02-26',
    history: [
      { date: '2021-03-28', kind: 'one_month', mileage_km: 1_320, items: [] },
      { date: '2022-02-20', kind: 'twelve_months', mileage_km: 12_700, items: ['engine_oil', 'oil_filter'] },
      { date: '2024-02-18', kind: 'inspection', mileage_km: 37_415, items: ['engine_oil', 'brake_fluid', 'wiper_rubber'] },
      { date: '2025-02-16', kind: 'twelve_months', mileage_km: 49_260, items: ['engine_oil', 'oil_filter', 'tyres'] },
      {
        date: '2026-02-15',
        kind: 'inspection',
        mileage_km: 61_088,
        items: ['engine_oil', 'brake_fluid', 'air_filter', 'battery'],
      },
      { date: '2026-08-16', kind: 'six_months', mileage_km: 66_914, items: ['engine_oil'] },
    ],
  },
  {
    vin: 'JTHBA1D20G5000006',
    model: 'LEXUS IS',
    first_registered: '2022-05-27',
    history: [
      { date: '2022-06-25', kind: 'one_month', mileage_km: 690, items: [] },
      { date: '2023-05-21', kind: 'twelve_months', mileage_km: 8_430, items: ['engine_oil', 'wiper_rubber'] },
      { date: '2025-05-18', kind: 'inspection', mileage_km: 24_117, items: ['engine_oil', 'brake_fluid', 'brake_pads'] },
    ],
  },
];
