// ⑤: mails a code to an address – or, where the address has an ID already, a mail that says so. The page cannot tell which.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { codeHmac, drawCode, EMAIL_CODE_LIFETIME_MS } from '../../domain/email-code.ts';

export type SendCodeDeps = Pick<Deps, 'storage' | 'clock' | 'config' | 'jobs'>;

/** The slot of an interaction's registration code: another browser, with another interaction, cannot use it. */
export const codeSlot = (uid: string): string => `create:${uid}`;

/**
 * Puts a new code into the interaction's slot (the older one dies) and a mail on its way.
 * For an address that is taken the slot gets a value that no code matches: same writes, same time, same page.
 */
export async function sendCode(
  deps: SendCodeDeps,
  uid: string,
  address: { email: string; canonical: string },
  mail: { language: string; loginUrl: string },
): Promise<void> {
  const now = deps.clock();
  const slot = codeSlot(uid);
  const owner = await deps.storage.accounts.findByEmail(address.canonical);
  const code = drawCode();
  await deps.storage.emailCodes.put({
    id: slot,
    code_hmac: owner ? `none:${randomUUID()}` : codeHmac(deps.config.hmacKey, slot, address.canonical, code),
    email_canonical: address.canonical,
    attempts: 0,
    sent_at: now,
    expires_at: now + EMAIL_CODE_LIFETIME_MS,
  });
  await deps.jobs.enqueue('send_mail', `mail:${randomUUID()}`, {
    to: owner ? owner.email : address.email,
    template: owner ? 'id-exists' : 'email-code',
    language: mail.language,
    values: owner ? { email: owner.email, loginUrl: mail.loginUrl } : { code, minutes: EMAIL_CODE_LIFETIME_MS / 60_000 },
  });
}
