// Finds the account of a login ID: an address or, if the ID has that login, a mobile number.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { numberRests, withNumberUsed } from '../../domain/login-number.ts';
import { formatPhoneNumber, parsePhoneNumber } from '../../domain/phone-number.ts';
import { changeAccount } from '../../storage/change-account.ts';

type LoginIdDeps = Pick<Deps, 'config' | 'storage' | 'clock'>;

/** The password was right, but the number was not used for a year: it must be proven again before it counts. */
export class LoginNumberRests extends Error {
  override name = 'LoginNumberRests';
}

export type FoundLoginId = {
  /** The ID in its only spelling, for counters. */
  canonical: string;
  account: Account | undefined;
  /** The number, if the ID is one. */
  phone?: string;
};

/** Finds the account, with one look-up for any ID. An ID without `@` that is a telephone number in any spelling is one. */
export async function findByLoginId({ config, storage }: LoginIdDeps, loginId: string): Promise<FoundLoginId> {
  const phone = config.sms && !loginId.includes('@') ? parsePhoneNumber(loginId) : undefined;
  if (phone?.ok) {
    const canonical = phone.phone_number;
    return { canonical, phone: canonical, account: await storage.accounts.findByPhone(canonical) };
  }
  const email = parseEmail(loginId);
  if (!email.ok) return { canonical: loginId.slice(0, 100), account: undefined };
  return { canonical: email.canonical, account: await storage.accounts.findByEmail(email.canonical) };
}

/**
 * Notes the use of the number. Call it after the password was right.
 * @throws {LoginNumberRests}
 */
export async function useLoginNumber(deps: LoginIdDeps, account: Account, phone: string): Promise<void> {
  const now = deps.clock();
  if (numberRests(account, now)) throw new LoginNumberRests();
  if (withNumberUsed(account, phone, now) === account) return;
  await changeAccount(deps, account.id, 'account.login_number_used', (standing) => {
    const to = withNumberUsed(standing, phone, now);
    return to === standing ? undefined : to;
  });
}

/** Returns a `login_hint` for the field of the ID: a number as people write it, and nothing for a number that is no ID here. */
export function shownLoginHint({ config }: Pick<Deps, 'config'>, hint: string): string {
  const phone = hint.includes('@') ? undefined : parsePhoneNumber(hint);
  if (!phone?.ok) return hint;
  return config.sms ? formatPhoneNumber(phone.phone_number) : '';
}
