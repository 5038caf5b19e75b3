// Checks the second factor of a person who has given the password: a code of the app, or a recovery code. Each counts once.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import type { AuthenticationMethod } from '../../domain/authentication-methods.ts';
import { unseal } from '../../domain/seal.ts';
import { useRecoveryCode, useStep, waitingRemoval } from '../../domain/second-factor.ts';
import { formatTime } from '../../http/format-time.ts';
import { languageOf } from '../../language.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { createLoginLimits, secondFactorCountedAs } from '../limits/login-limits.ts';
import { noteFailure, type SignInOrigin } from '../sign-in-origin.ts';
import { readRecoveryCode, recoveryDigest } from './recovery-codes.ts';
import { SECOND_FACTOR_PATH, secondFactorMail } from './second-factor-mail.ts';
import { sealedFor } from './second-factor-of-account.ts';
import { readAppCode, stepOf } from './totp.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** After so many wrong codes in a day the owner gets a mail: somebody else knows the password. */
const FAILURES_WORTH_A_MAIL = 5;

/** `wrong`: also if the code was used before. */
export type CheckedFactor =
  { account: Account; method: AuthenticationMethod } | { account?: undefined; problem: 'missing' | 'syntax' | 'wrong' };

type CheckDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'failedSignIns' | 'regionOf' | 'emit'>;

export type SecondFactorCheck = {
  /**
   * Checks a code as typed, and uses it up. Of parallel calls with one code, also across nodes, one succeeds.
   * @throws {PageError} `too_many_requests` if the account, or the address or network, has too many wrong codes
   */
  check(accountId: string, kind: 'app' | 'recovery', typed: string, from: SignInOrigin): Promise<CheckedFactor>;
};

/** Makes the check. */
export function createSecondFactorCheck(deps: CheckDeps): SecondFactorCheck {
  const { config, storage, clock, jobs } = deps;
  const limits = createLoginLimits(deps);

  async function useAppCode(accountId: string, code: string): Promise<Account | undefined> {
    const account = await storage.accounts.find(accountId);
    const factor = account?.second_factor;
    if (!factor) return undefined;
    const secret = unseal(config.keys.secondFactor, sealedFor(accountId, factor.id), factor.sealed_secret);
    const step = await stepOf(secret, code, clock());
    if (step === undefined) return undefined;
    return changeAndTell(deps, accountId, 'account.second_factor_used', (standing) => {
      const to = standing.disabled_at === undefined ? useStep(standing, factor.id, step) : undefined;
      return to && { to, mails: stopped(standing) };
    });
  }

  async function useRecovery(accountId: string, code: string): Promise<Account | undefined> {
    const digest = recoveryDigest(config.keys.recoveryCode, accountId, code);
    return changeAndTell(deps, accountId, 'account.recovery_code_used', (standing) => {
      const to = standing.disabled_at === undefined ? useRecoveryCode(standing, digest) : undefined;
      if (!to) return undefined;
      const { email, language } = standing;
      const values = {
        left: to.second_factor?.recovery_codes.length ?? 0,
        time: formatTime(clock(), languageOf(language)),
        url: `${config.issuer}${SECOND_FACTOR_PATH}`,
      };
      return { to, mails: [{ to: email, template: 'recovery-code-used', language, values }, ...stopped(standing)] };
    });
  }

  const stopped = (standing: Account) =>
    waitingRemoval(standing) ? [secondFactorMail(deps, 'second-factor-removal-stopped', standing)] : [];

  const failuresKey = (accountId: string): string => `second-factor-failures:${accountId}`;

  /** Tells the owner, who may not know that somebody has the password. */
  async function tellAfterFailures(accountId: string): Promise<void> {
    const { points, expires_at: until } = await storage.counters.add(failuresKey(accountId), 1, DAY_MS);
    const account = points === FAILURES_WORTH_A_MAIL ? await storage.accounts.find(accountId) : undefined;
    if (!account) return;
    await jobs.enqueue('send_mail', `mail:second-factor-failures:${accountId}:${until}`, {
      to: account.email,
      template: 'second-factor-failures',
      language: account.language,
      values: { failures: points, url: `${config.issuer}/password/forgotten` },
    });
  }

  return {
    async check(accountId, kind, typed, from) {
      if (typed.trim() === '') return { problem: 'missing' };
      const code = kind === 'app' ? readAppCode(typed) : readRecoveryCode(typed);
      if (code === undefined) return { problem: 'syntax' };
      const method = kind === 'app' ? 'password_otp' : 'password_recovery';
      // All browsers share the count: a browser is known after the password, and a thief may have that.
      const attempt = await limits.begin(secondFactorCountedAs(accountId), undefined, from.ip);
      const used = kind === 'app' ? useAppCode(accountId, code) : useRecovery(accountId, code);
      const account = await used.catch(async (error: unknown) => {
        await attempt.takeBack();
        throw error;
      });
      if (!account) {
        noteFailure(deps, accountId, method, from);
        await tellAfterFailures(accountId);
        return { problem: 'wrong' };
      }
      await attempt.succeeded(async () => storage.counters.remove(failuresKey(accountId)));
      return { account, method };
    },
  };
}
