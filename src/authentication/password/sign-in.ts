// Whether an ID and a password belong together, with as little told and as much limited as can be.
import type { Account } from '../../domain/account.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import type { Deps } from '../../deps.ts';
import { HashingLaneFull, type HashAsker } from './password-hash.ts';
import { hashAsker } from './hash-asker.ts';
import { createLoginLimits } from '../limits/login-limits.ts';

/** Where a try comes from. */
export type SignInSource = {
  ip: string;
  /** See `createKnownDevices`. */
  knownDevice(accountId: string): string | undefined;
};

export type SignIn = (loginId: string, password: string, from: SignInSource) => Promise<Account | undefined>;

/** After so many failures the owner is told when somebody gets in. */
const FAILURES_WORTH_A_MAIL = 5;

type SignInDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'hasher' | 'jobs'>;

/**
 * Makes the check. One answer, `undefined`, for an unknown ID, a wrong password and a disabled account, after the same work.
 * Failures are counted for the account under any spelling of its ID, and for the network; see `createLoginLimits`.
 * @throws {PageError} `too_many_requests` from the limits; `busy`, where too many are signing in at once
 */
export function createSignIn(deps: SignInDeps): SignIn {
  const { storage, hasher } = deps;
  const limits = createLoginLimits(deps);

  return async function signIn(loginId, password, from) {
    const parsed = parseEmail(loginId);
    const account = parsed.ok ? await storage.accounts.findByEmail(parsed.canonical) : undefined;
    const counted = account?.id ?? (parsed.ok ? parsed.canonical : loginId.slice(0, 100));
    const knownDevice = account && from.knownDevice(account.id);
    const attempt = await limits.begin(counted, knownDevice, from.ip);
    const asker = hashAsker(from.ip, { kind: 'account', id: counted }, knownDevice);
    const right = await compare(password, account, asker).catch(async (error: unknown) => {
      await attempt.takeBack();
      throw error;
    });
    if (!account || !right) return undefined;
    await attempt.succeeded(async ({ failures, countedUntil }) => {
      if (failures >= FAILURES_WORTH_A_MAIL) await tellOwner(deps, account, failures, countedUntil);
    });
    if (hasher.needsRehash(account.password_hash)) await rehash(account, password, asker);
    return account;
  };

  async function compare(password: string, account: Account | undefined, asker: HashAsker): Promise<boolean> {
    // A disabled account is answered as one that does not exist, right password or not.
    if (!account || account.disabled_at !== undefined) return hasher.verifyAgainstNothing(password, asker);
    return hasher.verify(password, account.password_hash, asker);
  }

  /** Settings have changed since the hash was made; the password is here now and will not be again before the next login. */
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

/** Somebody got in after many failures: the owner, or somebody who guessed. Once for what was counted together. */
async function tellOwner({ storage, jobs }: SignInDeps, account: Account, failures: number, countedUntil: number): Promise<void> {
  await jobs.enqueue('send_mail', `mail:failed-sign-ins:${account.id}:${countedUntil}`, {
    to: account.email,
    template: 'failed-sign-ins',
    language: account.language,
    values: { failures },
  });
  // Changes nothing but the version: the ledger's event is what counts. The copy is what makes it a write.
  await storage.accounts.change(account.id, (standing) => ({
    to: { ...standing },
    type: 'account.signed_in_after_failures',
    data: { failures },
  }));
}
