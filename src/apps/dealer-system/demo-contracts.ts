// The contracts of the demo vehicles.
import type { Contract } from './contract-store.ts';

export const DEMO_CONTRACTS: readonly Contract[] = [
  { number: 'A-20-04417', vin: 'JTDKB20U093500001', kind: 'order', date: '2020-05-09', amount_yen: 2_965_600 },
  { number: 'M-25-01832', vin: 'JTDKB20U093500001', kind: 'maintenance_plan', date: '2025-06-08', amount_yen: 68_200 },
  { number: 'Q-26-09120', vin: 'JTDKB20U093500001', kind: 'quotation', date: '2026-11-07', amount_yen: 3_412_500 },
  { number: 'A-23-01266', vin: 'JTMW43FV20D500002', kind: 'order', date: '2023-02-18', amount_yen: 4_103_000 },
  { number: 'A-22-05590', vin: 'JTDKW9D300D500003', kind: 'order', date: '2022-07-30', amount_yen: 2_046_000 },
  { number: 'A-19-07731', vin: 'JTNK43BE303500004', kind: 'order', date: '2019-09-28', amount_yen: 2_397_500 },
  { number: 'A-20-11905', vin: 'JTEBR3FJ50K500005', kind: 'order', date: '2020-12-12', amount_yen: 4_728_400 },
  { number: 'M-26-00347', vin: 'JTEBR3FJ50K500005', kind: 'maintenance_plan', date: '2026-02-15', amount_yen: 74_800 },
  { number: 'A-22-02218', vin: 'JTHBA1D20G5000006', kind: 'order', date: '2022-03-26', amount_yen: 5_856_000 },
];
