// The parts of the mails of the campaign; see mails.ts.
import { mail } from './mail-parts.ts';

/** To a legacy user who should move. `stopUrl` stops these mails. */
export const CAMPAIGN_MAIL = mail(
  {
    serviceName: 'トヨタオーナーズサイト',
    ends: '2027年3月31日',
    url: 'http://localhost:3001/migration',
    stopUrl: 'http://localhost:3000/unsubscribe?token=abc',
  },
  [{ text: 'text' }],
  [{ label: 'ends', value: 'ends' }],
  [{ text: 'how' }, { link: 'link', to: 'url' }],
  [{ note: 'not_you' }],
  [{ note: 'stop' }],
);
