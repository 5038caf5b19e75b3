// Samples of the pages on which something ends: a dealer link, and the ID itself (退会); see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';
import type { ViewSample } from './view-samples.ts';

type Site = (view: string, title: string, data: object) => ViewSample;

export function endingSamples(t: Translate, site: Site, dealerName: string): ViewSample[] {
  const action = '/account/withdrawal';
  const email = 'tanaka@example.jp';
  return [
    site('account-ask', 'account_withdraw.title', {
      action,
      subject: dealerName,
      text: t('account_withdraw.text'),
      points: [t('account_withdraw.point_1'), t('account_withdraw.point_2')],
      submit: t('account_withdraw.submit'),
    }),
    site('account-withdrawal', 'account_withdrawal.title', {
      action,
      email,
      services: ['MyTOYOTA整備手帳', 'my route'],
      dealers: [dealerName],
      days: 14,
      years: 10,
    }),
    { ...site('account-withdrawn', 'account_withdrawn.title', { days: 14 }), kind: 'note' },
    {
      ...site('withdrawal', 'withdrawal.title', { action, cancelAction: '/cancel', email, ends: '2026年11月15日 9:30' }),
      kind: 'step',
    },
  ];
}
