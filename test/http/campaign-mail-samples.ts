// Sample data for the pages of the link that stops the mails of the campaign.
import type { ViewSample } from './view-samples.ts';

/** Makes the samples. */
export function campaignMailSamples(): ViewSample[] {
  const email = 't***@example.jp';
  return [
    {
      name: 'unsubscribe',
      view: 'unsubscribe',
      kind: 'step',
      title: 'unsubscribe.title',
      data: { action: '/unsubscribe/confirm', token: 'abc', email },
    },
    { name: 'unsubscribed', view: 'unsubscribed', kind: 'note', title: 'unsubscribed.title', data: { email } },
  ];
}
