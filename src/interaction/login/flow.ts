// Whether an ID and a password belong together, with as little told and as much limited as can be.
import type { Account } from '../../domain/account.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import type { Deps } from '../../deps.ts';
import { createRateLimit, networkOf } from '../../http/rate-limit.ts';
import { VersionConflict } from '../../storage/storage.ts';

export type SignIn = (loginId: string, password: string, address: string) => Promise<Account | undefined>;

/**
 * Makes the check. One answer, `undefined`, for an unknown ID, a wrong password and a disabled account, after the same work.
 * Failures are counted for the account under any spelling of its ID, and for the network; both end by themselves, so that nobody
 * can lock an owner out for good.
 * @throws {PageError} `too_many_requests` from the limits
 * @throws {HashingLaneFull} too many are signing in at once
 */
export function createSignIn({ config, storage, clock, hasher }: Pick<Deps, 'config' | 'storage' | 'clock' | 'hasher'>): SignIn {
  const { failuresPerAccount, failuresPerNetwork, windowSeconds } = config.rateLimits.login;
  const perAccount = createRateLimit('login-account', { points: failuresPerAccount, windowSeconds }, storage.counters, clock);
  const perNetwork = createRateLimit('login-network', { points: failuresPerNetwork, windowSeconds }, storage.counters, clock);

  return async function signIn(loginId, password, address) {
    const parsed = parseEmail(loginId);
    const account = parsed.ok ? await storage.accounts.findByEmail(parsed.canonical) : undefined;
    const keys = { account: account?.id ?? (parsed.ok ? parsed.canonical : loginId.slice(0, 100)), network: networkOf(address) };
    await Promise.all([perAccount.check(keys.account), perNetwork.check(keys.network)]);

    const right = account ? await hasher.verify(password, account.password_hash) : await hasher.verifyAgainstNothing(password);
    if (!account || !right || account.disabled_at !== undefined) {
      await Promise.all([perAccount.count(keys.account), perNetwork.count(keys.network)]);
      return undefined;
    }
    await perAccount.forget(keys.account);
    if (hasher.needsRehash(account.password_hash)) await rehash(account, password);
    return account;
  };

  /** Settings have changed since the hash was made; the password is here now and will not be again before the next login. */
  async function rehash(account: Account, password: string): Promise<void> {
    const event = { type: 'account.password_rehashed', subject: account.id, data: {}, at: clock() };
    try {
      await storage.accounts.update({ ...account, password_hash: await hasher.hash(password) }, event);
    } catch (error) {
      // Another login did it in the same moment.
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}
