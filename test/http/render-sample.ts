// A sample of a view as a whole page.
import { formatDate, formatTime } from '../../src/http/format-time.ts';
import { keepTogether } from '../../src/http/keep-together.ts';
import type { Translate } from '../../src/http/translator.ts';
import type { RenderView } from '../../src/http/view-renderer.ts';
import type { Language } from '../../src/language.ts';
import type { ViewSample } from './view-samples.ts';

/** The number of the support desk in samples. */
export const SUPPORT_PHONE = '0120-000-000';

/** Writes the times of samples, which are in Japanese, as a page or a mail in this language has them. */
export function withTimesIn(language: Language, html: string): string {
  if (language === 'ja') return html;
  const inWords = (_text: string, year: string, month: string, day: string, hour?: string, minute = ''): string => {
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    if (hour === undefined) return formatDate(date, language);
    return formatTime(Date.parse(`${date}T${hour.padStart(2, '0')}:${minute}+09:00`), language);
  };
  return html.replace(/(\d{4})年(\d{1,2})月(\d{1,2})日(?: (\d{1,2}):(\d{2}))?/g, inWords);
}

/** Renders a sample inside the layout, as `renderPage` does. */
export function renderSample(render: RenderView, sample: ViewSample, t: Translate, lang: Language, brand: string): string {
  const html = render('layout', {
    supportPhone: SUPPORT_PHONE,
    ...sample.data,
    t,
    lang,
    brand,
    app: sample.app ?? 'common-id',
    view: sample.view.startsWith('/') ? sample.view : `/common-id/${sample.view}`,
    kind: sample.kind,
    title: t(sample.title, { service: String(sample.data.clientName ?? 'MyTOYOTA') }),
    csrfToken: 'token',
    requestId: '0a1b2c3d4e5f',
    path: '/page',
    url: '/page?dealer=T23001',
    failed: sample.data.errors !== undefined,
  });
  return withTimesIn(lang, keepTogether(html));
}
