// Sample data for the pages of the device flow.
import type { Translate } from '../../src/http/translator.ts';
import { claimsInWords } from '../../src/profile/claims-in-words.ts';
import type { ViewSample } from './view-samples.ts';

type MakeSample = (view: string, data: object, name?: string) => ViewSample;

const clientName = '車載ナビゲーション';
const userCode = 'BCDF-GHJK';

/** @param t only names rows and errors, as the routes do */
export function deviceSamples(t: Translate, step: MakeSample, note: MakeSample): ViewSample[] {
  const entry = { action: '/device', values: { user_code: userCode } };
  const device = {
    rows: [
      { label: t('consent.device_name'), value: clientName },
      { label: t('consent.device_code'), value: userCode },
      { label: t('consent.device_time'), value: '2026年4月1日 12:34' },
      { label: t('consent.device_place'), value: t('consent.device_places.elsewhere', { address: '203.0.113.5' }) },
    ],
  };
  const scopes = ['profile', 'offline_access'].map((scope) => ({
    name: t(`scopes.${scope}.name`),
    description: t(`scopes.${scope}.description`, { claims: claimsInWords(scope, t) }),
  }));
  return [
    step('device', { ...entry, values: { user_code: '' } }),
    step('device', entry, 'device-from-qr'),
    step('device', { ...entry, values: { user_code: '' }, problem: 'expired' }, 'device-expired'),
    step('device', { ...entry, errors: { user_code: t('device.problems.elsewhere') } }, 'device-error'),
    step(
      'consent',
      { action: '/interaction/abc/step', clientName, firstParty: true, scopes, device, dealers: [] },
      'consent-device',
    ),
    note('device-done', { clientName }),
    note('device-done', {}, 'device-done-unnamed'),
    note('device-refused', {}),
  ];
}
