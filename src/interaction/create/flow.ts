// Decides the next page of a registration from the draft alone.
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

/** The type of the draft for each page: what the pages before it have filled. */
export type DraftAt = {
  about: RegistrationDraft;
  email: RegistrationDraft;
  code: AddressedDraft;
  profile: AddressedDraft;
  confirm: RegistrationDraft;
  complete: RegisteredDraft;
};

/** Returns the first page whose input is missing. */
export function firstMissingPage(draft: RegistrationDraft, termsVersion: string, browserId: string): PageName {
  if (isRegistered(draft)) return 'complete';
  // 登録 was pressed. Pressing it again continues the same registration.
  if (draft.registering_at !== undefined) return 'confirm';
  if (draft.terms?.version !== termsVersion) return 'about';
  if (!hasAddress(draft)) return 'email';
  if (!isProven(draft, browserId)) return 'code';
  if (draft.profile === undefined || draft.password_hash === undefined) return 'profile';
  return 'confirm';
}

/** Whether a page may be shown: no earlier input is missing. The person may go back to earlier pages until 登録 is pressed. */
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

/** Returns the fields of ⑦. A dealer link requires contact data, because the dealer has to reach the customer. */
export function profileAsked(dealerLinkRequested: boolean): Asked {
  return askFor((key) => {
    const { registration } = PROFILE_FIELDS[key].asked;
    if (registration === 'no') return undefined;
    return registration === 'required' || (registration === 'for_dealer' && dealerLinkRequested);
  });
}
