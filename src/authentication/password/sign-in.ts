// Checks an ID and a password. It reveals as little as possible and limits attempts.
import type { Account } from '../../domain/account.ts';
import type { Deps } from '../../deps.ts';
import { isDisabledByOperator } from '../../domain/disabled-account.ts';
import { refuseDisabled } from '../disabled-id.ts';
import { HashingLaneFull, type HashAsker } from './password-hash.ts';
import { hashAsker } from './hash-asker.ts';
import { noteFailure, type SignInOrigin } from '../sign-in-origin.ts';
import { findByLoginId, useLoginNumber } from './login-id.ts';
import { countedAs, createLoginLimits } from '../limits/login-limits.ts';

/** Where an attempt comes from. */
export type SignInSource = SignInOrigin & {
  /** See `createKnownDevices`. */
  knownDevice(accountId: string): string | undefined;
};

export type SignIn = (loginId: string, password: string, from: SignInSource) => Promise<Account | undefined>;

/** The number of failures after which a successful sign-in sends the owner a mail. */
const FAILURES_WORTH_A_MAIL = 5;

type SignInDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'hasher' | 'jobs' | 'failedSignIns' | 'regionOf' | 'emit'>;

/**
 * Makes the sign-in function. It returns `undefined` for an unknown ID, a wrong password and a disabled account, after the same
 * work; a person who gives the right password of an account that an operator has disabled gets a `PageError` `id_disabled`. Failures are counted for the account, in any spelling of its ID, and for the address and network; see
 * `createLoginLimits`. The function throws a `PageError` `too_many_requests` if a limit is reached, a `HashingLaneFull` if too many
 * people sign in at once, and a `LoginNumberRests` if the password is right and the number has to be proven again.
 */
export function createSignIn(deps: SignInDeps): SignIn {
  const { storage, hasher } = deps;
  const limits = createLoginLimits(deps);

  return async function signIn(loginId, password, from) {
    const { account, canonical, phone } = await findByLoginId(deps, loginId);
    const counted = account ? countedAs(account) : canonical;
    const knownDevice = account && from.knownDevice(account.id);
    const attempt = await limits.begin(counted, knownDevice, from.ip);
    const asker = hashAsker(from.ip, { kind: 'account', id: counted }, knownDevice);
    const right = await compare(password, account, asker).catch(async (error: unknown) => {
      await attempt.takeBack();
      throw error;
    });
    if (account && !right) noteFailure(deps, account.id, 'password', from);
    if (!account) deps.emit('login.failed', { method: 'password', reason: 'unknown', client_id: from.clientId });
    if (!account || !right) return undefined;
    await attempt.succeeded(async ({ failures, countedUntil }) => {
      if (failures >= FAILURES_WORTH_A_MAIL) await tellOwner(deps, account, failures, countedUntil);
    });
    refuseDisabled(account);
    if (phone !== undefined) await useLoginNumber(deps, account, phone);
    if (hasher.needsRehash(account.password_hash)) await rehash(account, password, asker);
    return account;
  };

  async function compare(password: string, account: Account | undefined, asker: HashAsker): Promise<boolean> {
    // An account that is being erased gets the same answer as one that does not exist, even with the right password.
    if (!account || (account.disabled_at !== undefined && !isDisabledByOperator(account)))
      return hasher.verifyAgainstNothing(password, asker);
    return hasher.verify(password, account.password_hash, asker);
  }

  /** Rehashes the password with the current settings. Only a login has the password that this needs. */
  async function rehash(account: Account, password: string, asker: HashAsker): Promise<void> {
    const rehashed = await hasher.hash(password, asker).catch((error: unknown) => {
      // The lane is busy; the next login rehashes.
      if (error instanceof HashingLaneFull) return undefined;
      throw error;
    });
    if (rehashed === undefined) return;
    await storage.accounts.change(account.id, (standing) =>
      // Another login rehashed at the same moment, or the password has changed.
      standing.password_hash === account.password_hash
        ? { to: { ...standing, password_hash: rehashed }, type: 'account.password_rehashed' }
        : undefined,
    );
  }
}

/**
 * Mails the owner about a sign-in after many failures, because an attacker may have guessed the password. Once per counting
 * window.
 */
async function tellOwner({ storage, jobs }: SignInDeps, account: Account, failures: number, countedUntil: number): Promise<void> {
  await jobs.enqueue('send_mail', `mail:failed-sign-ins:${account.id}:${countedUntil}`, {
    to: account.email,
    template: 'failed-sign-ins',
    language: account.language,
    values: { failures },
  });
  // Changes only the version, to write the event to the ledger. Returning a copy forces the write.
  await storage.accounts.change(account.id, (standing) => ({
    to: { ...standing },
    type: 'account.signed_in_after_failures',
    data: { failures },
  }));
}
