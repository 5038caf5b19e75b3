// Changes the address of an ID: when the new address is proven, and not before; the old one can take it back.
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { momentAfterSignIns, type Account } from '../../domain/account.ts';
import { codeHmac, drawCode, EMAIL_CODE_LIFETIME_MS } from '../../domain/email-code.ts';
import type { AccountAccess } from '../../oidc/account-access.ts';
import { AlreadyExists } from '../../storage/storage.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { formatTime } from '../../http/format-time.ts';

type EmailDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'hasher'>;

/** How long the old address can take the change back. */
const UNDO_LIFETIME_MS = 72 * 60 * 60 * 1000;

/** The slot of the code: no code of a registration or a reset counts in it. */
export const emailChangeSlot = (accountId: string): string => `email-change:${accountId}`;

const languageOf = ({ language }: Account): 'ja' | 'en' => (language === 'en' ? 'en' : 'ja');

/**
 * Notes the address that is wanted and mails a code to it. An address that has another ID gets a mail that says so, and no code matches:
 * the page cannot tell which addresses have one.
 */
export async function askForEmail(
  deps: EmailDeps,
  account: Account,
  wanted: { email: string; canonical: string },
): Promise<void> {
  const { config, storage, clock, jobs } = deps;
  const now = clock();
  const { email, canonical } = wanted;
  await changeAccount(deps, account.id, 'account.email_change_asked', (standing) => ({
    ...standing,
    email_change: { email, email_canonical: canonical, asked_at: now },
  }));
  const slot = emailChangeSlot(account.id);
  const owner = await storage.accounts.findByEmail(canonical);
  const code = drawCode();
  await storage.emailCodes.put({
    id: slot,
    code_hmac: owner ? `none:${randomUUID()}` : codeHmac(config.keys.emailCode, slot, canonical, code),
    email_canonical: canonical,
    attempts: 0,
    sent_at: now,
    expires_at: now + EMAIL_CODE_LIFETIME_MS,
  });
  await jobs.enqueue('send_mail', `mail:email-change:${randomUUID()}`, {
    to: owner ? owner.email : email,
    template: owner ? 'email-change-taken' : 'email-change-code',
    language: languageOf(account),
    values: owner ? {} : { code, minutes: EMAIL_CODE_LIFETIME_MS / 60_000 },
  });
}

/**
 * The code has come back: the new address is the ID from here on. Both addresses are told, and the old one how to take it back.
 * @returns the account as it is now; `undefined` where the address was registered by somebody in the meantime, or another one is wanted now
 */
export async function changeEmail(deps: EmailDeps, accountId: string, wanted: string): Promise<Account | undefined> {
  const now = deps.clock();
  const token = randomBytes(32).toString('base64url');
  let before: Account | undefined;
  const after = await changeAccount(deps, accountId, 'account.email_changed', (standing) => {
    const { email_change: change, ...rest } = standing;
    if (change?.email_canonical !== wanted) return undefined;
    before = standing;
    return {
      ...rest,
      email: change.email,
      email_canonical: change.email_canonical,
      email_verified_at: now,
      sign_ins_ended_at: momentAfterSignIns(standing, now),
      // The earlier ones stay: a second change must not cost the first address its way back.
      emails_before: [
        ...(standing.emails_before ?? []).filter(({ undo_until: until }) => now < until),
        {
          email: standing.email,
          email_canonical: standing.email_canonical,
          undo_sha256: digestOf(token),
          undo_until: now + UNDO_LIFETIME_MS,
        },
      ],
    };
  }).catch((error: unknown) => {
    if (error instanceof AlreadyExists) return undefined;
    throw error;
  });
  if (!after || !before) return undefined;
  const language = languageOf(after);
  const key = `mail:email-changed:${accountId}:${after.version}`;
  const time = formatTime(now, language);
  await deps.jobs.enqueue('send_mail', `${key}:new`, {
    to: after.email,
    template: 'email-changed',
    language,
    values: { email: after.email, time },
  });
  await deps.jobs.enqueue('send_mail', `${key}:old`, {
    to: before.email,
    template: 'email-changed-undo',
    language,
    values: { email: after.email, time, url: `${deps.config.issuer}/account/email/undo?token=${accountId}.${token}` },
  });
  return after;
}

/** What a token from the mail can take back now: the address that there is and the one that there was; `undefined` where nothing. */
export async function findUndo(
  { storage, clock }: EmailDeps,
  token: string,
): Promise<{ now: string; before: string } | undefined> {
  const [accountId = '', secret = ''] = token.split('.');
  const account = await storage.accounts.find(accountId);
  const index = account ? undoIndex(account, secret, clock()) : -1;
  const before = account?.emails_before?.[index];
  return account && before && { now: account.email, before: before.email };
}

/**
 * Takes the change back. Whoever changed it knew the password: it counts no more, and everything ends; the person sets a new one by the
 * mailed code.
 * @returns whether it was taken back
 */
export async function undoEmail(deps: EmailDeps, access: AccountAccess, token: string): Promise<boolean> {
  const [accountId = '', secret = ''] = token.split('.');
  const now = deps.clock();
  // Hashing is dear, and anybody can ask.
  if (!(await findUndo(deps, token))) return false;
  const nobodysPassword = await deps.hasher.hash(randomBytes(32).toString('base64url'));
  const restored = await changeAccount(deps, accountId, 'account.email_change_undone', (standing) => {
    const { email_change: _wanted, emails_before: earlier = [], ...rest } = standing;
    const index = undoIndex(standing, secret, now);
    const before = earlier[index];
    if (!before) return undefined;
    return {
      ...rest,
      email: before.email,
      email_canonical: before.email_canonical,
      email_verified_at: now,
      emails_before: earlier.slice(0, index),
      password_hash: nobodysPassword,
      password_changed_at: now,
      sign_ins_ended_at: momentAfterSignIns(standing, now),
    };
  }).catch((error: unknown) => {
    // The old address has another ID by now; its owner is the same person and can have it undone by hand.
    if (error instanceof AlreadyExists) return undefined;
    throw error;
  });
  if (!restored) return false;
  await access.endAll(accountId);
  return true;
}

function undoIndex({ emails_before: earlier = [] }: Account, secret: string, now: number): number {
  const digest = Buffer.from(digestOf(secret));
  return earlier.findIndex(
    ({ undo_sha256: expected, undo_until: until }) => now < until && timingSafeEqual(digest, Buffer.from(expected)),
  );
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
