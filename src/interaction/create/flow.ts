// The order of the registration's pages, decided from the draft alone.
import { PROFILE_FIELDS } from '../../domain/profile-fields.ts';
import {
  hasAddress,
  isProven,
  isRegistered,
  type AddressedDraft,
  type RegisteredDraft,
  type RegistrationDraft,
} from '../../domain/registration-draft.ts';
import { askFor, type Asked } from '../../profile/profile-form.ts';

/** ④ about, ⑤ email, ⑥ code, ⑦ profile, ⑧ confirm, ⑨ complete. */
const PAGES = ['about', 'email', 'code', 'profile', 'confirm', 'complete'] as const;
export type PageName = (typeof PAGES)[number];

/** What a draft has where a page may be shown. */
export type DraftAt = {
  about: RegistrationDraft;
  email: RegistrationDraft;
  code: AddressedDraft;
  profile: AddressedDraft;
  confirm: RegistrationDraft;
  complete: RegisteredDraft;
};

/** The first page whose answer is missing. */
export function firstMissingPage(draft: RegistrationDraft, termsVersion: string, browserId: string): PageName {
  if (isRegistered(draft)) return 'complete';
  // 登録 was pressed; pressed again, it goes on with what was begun.
  if (draft.registering_at !== undefined) return 'confirm';
  if (draft.terms?.version !== termsVersion) return 'about';
  if (!hasAddress(draft)) return 'email';
  if (!isProven(draft, browserId)) return 'code';
  if (draft.profile === undefined || draft.password_hash === undefined) return 'profile';
  return 'confirm';
}

/** Whether a page may be shown: nothing before it is missing. Earlier pages may be gone back to until 登録 is pressed. */
export function mayShow<Page extends PageName>(
  page: Page,
  draft: RegistrationDraft,
  termsVersion: string,
  browserId: string,
): draft is DraftAt[Page] {
  const missing = firstMissingPage(draft, termsVersion, browserId);
  if (missing === 'complete' || draft.registering_at !== undefined) return page === missing;
  return PAGES.indexOf(page) <= PAGES.indexOf(missing);
}

/** What ⑦ asks. A dealer that is to be linked needs to know where its customer can be reached. */
export function profileAsked(dealerLinkRequested: boolean): Asked {
  return askFor((key) => {
    const { registration } = PROFILE_FIELDS[key].asked;
    if (registration === 'no') return undefined;
    return registration === 'required' || (registration === 'for_dealer' && dealerLinkRequested);
  });
}
