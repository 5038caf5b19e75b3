// Samples of the error page; see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';
import type { ViewSample } from './view-samples.ts';

const FIELDS = [
  { name: 'email', value: 'taro@example.jp' },
  { name: 'family_name', value: '"><b>' },
];

export function errorSamples(t: Translate): ViewSample[] {
  const busy = { text: t('errors.busy.text'), wait: t('wait.seconds', { seconds: 5 }), action: t('errors.busy.action') };
  const sentAgain = (name: string, asksPassword: boolean): ViewSample => ({
    name,
    view: '/error',
    kind: 'note',
    title: 'errors.busy.title',
    data: { ...busy, again: { action: '/password/forgotten', fields: FIELDS, asksPassword } },
  });
  return [
    {
      name: 'error',
      view: '/error',
      kind: 'note',
      title: 'errors.interaction_expired.title',
      data: {
        text: t('errors.interaction_expired.text'),
        action: t('errors.interaction_expired.action'),
        detail: 'invalid_request: missing nonce',
      },
    },
    {
      name: 'error that says how long to wait',
      view: '/error',
      kind: 'note',
      title: 'errors.too_many_requests.title',
      data: {
        text: t('errors.too_many_requests.text'),
        wait: [t('wait.seconds', { seconds: 30 }), t('wait.minutes', { minutes: 15 }), t('wait.hours', { hours: 20 })].join(' '),
        action: t('errors.too_many_requests.action'),
      },
    },
    sentAgain('error of a form that can be sent again', false),
    sentAgain('error of a form with a password', true),
  ];
}
