// Changes the address of an ID after the new address is proven. undo.ts undoes the change.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { drawAccountToken } from '../../domain/account-token.ts';
import { withSignInsEnded, passwordsBefore, signInsStand, UNDO_LIFETIME_MS, type Account } from '../../domain/account.ts';
import { languageOf } from '../../language.ts';
import { issueCodeForNewAddress, type CodeSlot } from '../../authentication/one-time-code/issue-code.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { AlreadyExists } from '../../storage/storage.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { formatTime } from '../../http/format-time.ts';

type EmailDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

/** Returns the slot of the code. Codes of registrations and resets are not valid in it. */
export const emailChangeSlot = (accountId: string, canonicalEmail: string): CodeSlot => ({
  purpose: 'email_change',
  id: `email-change:${accountId}`,
  address: canonicalEmail,
});

/**
 * Stores the requested address and mails a code to it. An address that has another ID gets a mail that says so, and no code
 * matches, so that the page does not reveal which addresses have an ID.
 * @param account as it was when the session was checked
 * @param options.again whether this is another code for the address that is already requested
 * @returns `false` if a new password or address has ended that sign-in since, or if another address was requested since; nothing
 * is stored or mailed then
 */
export async function askForEmail(
  deps: EmailDeps,
  account: Account,
  wanted: { email: string; canonical: string },
  { again }: { again: boolean },
): Promise<boolean> {
  const { email, canonical } = wanted;
  const noted = await changeAccount(deps, account.id, 'account.email_change_asked', (standing) => {
    if (!signInsStand(account, standing)) return undefined;
    if (again && standing.email_change?.email_canonical !== canonical) return undefined;
    return { ...standing, email_change: { email, email_canonical: canonical, asked_at: deps.clock() } };
  });
  if (!noted) return false;
  const key = `mail:email-change:${randomUUID()}`;
  const language = languageOf(account.language);
  await issueCodeForNewAddress(deps, emailChangeSlot(account.id, canonical), {
    withCode: async (values) =>
      deps.jobs.enqueue('send_mail', key, { to: email, template: 'email-change-code', language, values }),
    toOwner: async ({ email: to }) =>
      deps.jobs.enqueue('send_mail', key, { to, template: 'email-change-taken', language, values: {} }),
  });
  return true;
}

/**
 * Makes the requested address the address of the ID, after its code was entered. Mails both addresses; the mail to the old one
 * has an undo link.
 * @returns the changed account; `undefined` if the address was registered in between, or if another one was requested since
 */
export async function changeEmail(deps: EmailDeps, accountId: string, wanted: string): Promise<Account | undefined> {
  const now = deps.clock();
  const { token, digest } = drawAccountToken(accountId);
  const undoUrl = `${deps.config.issuer}/account/email/undo?token=${token}`;
  return changeAndTell(
    deps,
    accountId,
    'account.email_changed',
    (standing) => {
      const { email_change: change, ...rest } = withSignInsEnded(standing, now);
      if (change?.email_canonical !== wanted) return undefined;
      const to = {
        ...rest,
        email: change.email,
        email_canonical: change.email_canonical,
        email_verified_at: now,
        // Keep the earlier addresses: after a second change the first address can still undo its change.
        emails_before: [
          ...(standing.emails_before ?? []).filter(({ undo_until: until }) => now < until),
          {
            email: standing.email,
            email_canonical: standing.email_canonical,
            undo_sha256: digest,
            undo_until: now + UNDO_LIFETIME_MS,
            password_hashes: passwordsBefore(standing, now).map(({ password_hash: hash }) => hash),
          },
        ],
      };
      const language = languageOf(standing.language);
      const values = { email: to.email, time: formatTime(now, language) };
      return {
        to,
        mails: [
          { to: to.email, template: 'email-changed', language, values },
          { to: standing.email, template: 'email-changed-undo', language, values },
        ],
      };
    },
    { 'email-changed-undo': { url: undoUrl } },
  ).catch((error: unknown) => {
    if (error instanceof AlreadyExists) return undefined;
    throw error;
  });
}
