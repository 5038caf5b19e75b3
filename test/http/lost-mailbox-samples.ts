// Samples of the pages for people who can no longer read the mailbox of their ID; see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';
import { askFor, formOf } from '../../src/profile/profile-form.ts';
import type { ViewSample } from './view-samples.ts';

type Make = (view: string, data: object, name?: string) => ViewSample;

const WHEN = '2026年11月1日 9:30';
/** On My page. */
export const LOST_MAILBOXES = [{ email: 'n***@example.jp', changeAt: WHEN }];
const ENDS = ['stopped', 'refused', 'overtaken', 'expired', 'changed'];

export function lostMailboxSamples(
  t: Translate,
  { step, note, code }: { step: Make; note: Make; code: { action: string } },
): ViewSample[] {
  const { action } = code;
  const form = {
    action,
    backUrl: '/password/forgotten',
    hours: 24,
    values: { email: 'tanaka@example.jp', new_email: 'new@example.jp', family_name: '田中' },
    ...formOf(
      askFor((key) =>
        ['family_name', 'given_name', 'birthdate'].includes(key) ? true : key === 'phone_number' ? false : undefined,
      ),
    ),
  };
  const errors = { new_email: t('lost_mailbox.same'), birthdate_year: t('profile_fields.birthdate.missing') };
  const stop = { action, token: 'abc.def', id: 'tanaka@example.jp', email: 'n***@example.jp', askedAt: WHEN };
  return [
    step('lost-mailbox', form),
    step('lost-mailbox', { ...form, errors }, 'lost-mailbox-error'),
    step('lost-mailbox-code', { ...code, email: 'new@example.jp', resendAction: action }),
    step('lost-mailbox-code', { ...code, errors: { code: t('form_errors.code_wrong') } }, 'lost-mailbox-code-error'),
    note('lost-mailbox-done', { number: '0mgq1x3k2-7ab3cd', email: 'new@example.jp', hours: 24 }),
    step('lost-mailbox-stop', stop),
    step('lost-mailbox-stop', { ...stop, changeAt: WHEN }, 'lost-mailbox-stop-approved'),
    ...ENDS.map((ended): ViewSample => ({
      ...note('lost-mailbox-stopped', { ended }, `lost-mailbox-stopped-${ended}`),
      title: `lost_mailbox_stopped.title_${ended}`,
    })),
  ];
}
