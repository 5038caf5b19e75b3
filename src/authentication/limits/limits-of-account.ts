// The limits that hold for one account now, for the support desk. Those of an IP address or a network are not an account's.
import type { Deps } from '../../deps.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import { MAX_RESET_TRIES, MAX_RESETS_A_DAY, resetsKey, resetTriesKey } from '../../domain/password-reset.ts';
import { CODE_MAILS_OF_ACCOUNT, codeMailsKey, newAddressKey } from '../one-time-code/code-limits.ts';
import { codeTriesKey } from '../one-time-code/code-tries.ts';
import { smsOfAccountKey, smsToNumberKey } from '../one-time-code/sms-limits.ts';
import { lossTriesKey, MOST_LOSS_TRIES } from '../totp/lost-second-factor.ts';
import { countedAs, forgetFailures, readFailures, secondFactorCountedAs } from './login-limits.ts';

export type LimitName =
  | 'sign_in'
  | 'second_factor'
  | 'code_mails'
  | 'short_codes'
  | 'reset_tries'
  | 'resets'
  | 'lost_second_factor_tries'
  | 'new_address_codes'
  | 'sms_to_number'
  | 'sms_of_account';

/** Something that is counted for an account. */
export type HeldLimit = {
  limit: LimitName;
  /** How many are counted. */
  counted: number;
  /** Whether the person is held up now. Below the limit, it is only counted. */
  holds: boolean;
  /** When the count, or the pause that holds now, ends. */
  until: EpochMilliseconds;
};

type LimitDeps = Pick<Deps, 'config' | 'storage'>;

/** Returns what is counted for an account now. */
export async function limitsOfAccount({ config, storage }: LimitDeps, account: Account): Promise<HeldLimit[]> {
  const failures = await Promise.all(
    (['sign_in', 'second_factor'] as const).map(async (limit): Promise<HeldLimit> => {
      const name = limit === 'sign_in' ? countedAs(account) : secondFactorCountedAs(account.id);
      const { failures: counted, until, pausedUntil } = await readFailures(storage.counters, name);
      return { limit, counted, holds: pausedUntil !== undefined, until: pausedUntil ?? until };
    }),
  );
  const counts = await Promise.all(
    countersOf(config, account).map(async ({ limit, key, most }): Promise<HeldLimit[]> => {
      const counter = await storage.counters.get(key);
      return counter ? [{ limit, counted: counter.points, holds: counter.points >= most, until: counter.expires_at }] : [];
    }),
  );
  return [...failures, ...counts.flat()].filter(({ counted, holds }) => counted > 0 || holds);
}

/** Forgets all of them, except the failures of the sign-in, which `limits_lifted_at` of the account ends in every browser. */
export async function forgetLimits({ config, storage }: LimitDeps, account: Account): Promise<void> {
  await forgetFailures(storage.counters, secondFactorCountedAs(account.id));
  await Promise.all(countersOf(config, account).map(async ({ key }) => storage.counters.remove(key)));
}

function countersOf(
  { rateLimits }: Deps['config'],
  { id, email_canonical: address, phone_canonical: phone }: Account,
): { limit: LimitName; key: string; most: number }[] {
  const { emailCode, smsCode } = rateLimits;
  return [
    { limit: 'code_mails', key: codeMailsKey(mailboxOf(address)), most: emailCode.perMailboxPerHour },
    { limit: 'short_codes', key: codeTriesKey(address), most: emailCode.shortTriesPerMailboxPerDay },
    { limit: 'reset_tries', key: resetTriesKey({ email_canonical: address }), most: MAX_RESET_TRIES },
    { limit: 'resets', key: resetsKey({ email_canonical: address }), most: MAX_RESETS_A_DAY },
    { limit: 'lost_second_factor_tries', key: lossTriesKey(id), most: MOST_LOSS_TRIES },
    { limit: 'new_address_codes', key: newAddressKey(id), most: CODE_MAILS_OF_ACCOUNT },
    { limit: 'sms_of_account', key: smsOfAccountKey(id), most: smsCode.perAccountPerDay },
    ...(phone === undefined
      ? []
      : [{ limit: 'sms_to_number' as const, key: smsToNumberKey(phone), most: smsCode.perNumberPerDay }]),
  ];
}
