// Sample data for the pages of the link that stops the mails of the campaign.
import type { Translate } from '../../src/http/translator.ts';
import type { ViewSample } from './view-samples.ts';

/** Makes the samples. */
export function campaignMailSamples(t: Translate): ViewSample[] {
  const email = 't***@example.jp';
  return [
    {
      name: 'unsubscribe',
      view: 'unsubscribe',
      kind: 'step',
      title: t('unsubscribe.title'),
      data: { action: '/unsubscribe/confirm', token: 'abc', email },
    },
    { name: 'unsubscribed', view: 'unsubscribed', kind: 'note', title: t('unsubscribed.title'), data: { email } },
  ];
}
