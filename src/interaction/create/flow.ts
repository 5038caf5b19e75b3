// The order of the registration's pages, decided from the draft alone.
import type { ProfileKey } from '../../domain/account.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';

/** ④ about, ⑤ email, ⑥ code, ⑦ profile, ⑧ confirm, ⑨ complete. */
const PAGES = ['about', 'email', 'code', 'profile', 'confirm', 'complete'] as const;
export type PageName = (typeof PAGES)[number];

/** The first page whose answer is missing. */
export function firstMissingPage(draft: RegistrationDraft, termsVersion: string): PageName {
  if (draft.registered_at !== undefined) return 'complete';
  if (draft.terms?.version !== termsVersion) return 'about';
  if (draft.email === undefined) return 'email';
  if (draft.email_verified_at === undefined) return 'code';
  if (draft.profile === undefined || draft.password_hash === undefined) return 'profile';
  return 'confirm';
}

/** Whether a page may be shown: nothing before it is missing. Earlier pages may be gone back to until the account is written. */
export function mayShow(page: PageName, draft: RegistrationDraft, termsVersion: string): boolean {
  const missing = firstMissingPage(draft, termsVersion);
  if (missing === 'complete') return page === 'complete';
  return PAGES.indexOf(page) <= PAGES.indexOf(missing);
}

/** What ⑦ asks. Where a dealer is to be linked, the dealer needs to know where its customer can be reached. */
export function profileAsked(dealerLinkRequested: boolean): Map<ProfileKey, { required: boolean }> {
  return new Map([
    ['family_name', { required: true }],
    ['given_name', { required: true }],
    ['family_name_kana', { required: true }],
    ['given_name_kana', { required: true }],
    ['phone_number', { required: dealerLinkRequested }],
    ['address', { required: dealerLinkRequested }],
  ]);
}
