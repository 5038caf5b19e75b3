// 退会: ends an ID, and everything that hangs on it. erase.ts erases it later.
import type { Deps } from '../../deps.ts';
import { knownAddresses } from '../../domain/lost-mailbox.ts';
import { momentAfterSignIns, signInsStand, type Account, type EpochMilliseconds } from '../../domain/account.ts';
import { withdrawAccount } from '../../domain/withdrawal.ts';
import { formatTime } from '../../http/format-time.ts';
import type { WithdrawnAccount } from '../../jobs/job-queue.ts';
import type { JobHandler } from '../../jobs/runner.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { withdrawLink } from '../dealer-links/flow.ts';
import { endMigrations } from './end-migrations.ts';

type WithdrawalDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

const DAY_MS = 24 * 60 * 60 * 1000;
/** After this time the withdrawal was either written or its process is dead. */
const SURELY_WRITTEN_AFTER_MS = 60_000;
const GIVE_UP_AFTER_MS = 30 * DAY_MS;

/**
 * Ends an ID: nobody is signed in with it any more, services and dealers are told, and it is erased when the time to take this back is over.
 * The jobs that do all of it are written first, so that it is complete even if this process dies. Does nothing to a withdrawn account.
 * @param account as it was when its session was checked
 * @returns `false` if a new password or address has ended that sign-in since; nothing has ended then
 */
export async function withdraw(deps: WithdrawalDeps, access: AccountAccess, account: Account): Promise<boolean> {
  const { config, storage, clock, jobs } = deps;
  const { id: accountId } = account;
  const now = clock();
  const at = momentAfterSignIns(account, now);
  const eraseAt = now + config.withdrawal.takenBackWithinDays * DAY_MS;
  const surelyWrittenAt = now + SURELY_WRITTEN_AFTER_MS;
  const withdrawn: WithdrawnAccount = { account_id: accountId, withdrawn_at: at };
  await jobs.enqueue('erase_account', `erase-account:${accountId}:${at}`, withdrawn, {
    runAt: Math.max(eraseAt, surelyWrittenAt),
  });
  await jobs.enqueue('end_account', `end-account:${accountId}:${at}`, withdrawn, { runAt: surelyWrittenAt });
  const changed = await changeAndTell(deps, accountId, 'account.withdrawn', (standing) => {
    const language = languageOf(standing.language);
    const values = { email: standing.email, ends: formatTime(eraseAt, language), url: `${config.issuer}/account` };
    return standing.withdrawal || !signInsStand(account, standing)
      ? undefined
      : {
          to: withdrawAccount(standing, at, eraseAt),
          // A thief may have changed the address first.
          mails: knownAddresses(standing, now).map((address) => ({
            to: address,
            template: 'withdrawn' as const,
            language,
            values,
          })),
        };
  });
  // If this fails, the job does it.
  if (changed) await endEverything(deps, access, accountId).catch(() => undefined);
  return changed !== undefined || (await storage.accounts.find(accountId))?.withdrawal !== undefined;
}

/** Creates the job that ends everything in case the process of the withdrawal has died. It is idempotent. */
export function createEndAccount(deps: WithdrawalDeps, access: AccountAccess): JobHandler<WithdrawnAccount> {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ account_id: accountId, withdrawn_at: at }) {
      const account = await deps.storage.accounts.find(accountId);
      // The withdrawal was not written, or was taken back.
      if (account?.withdrawal?.at !== at) return;
      // A person who has signed in since may be about to take it back.
      await endEverything(deps, access, accountId, at);
    },
  };
}

/**
 * Ends the sessions, grants, dealer links and migrations of an account. It is idempotent.
 * @param before sessions that began at this time or later stay
 */
export async function endEverything(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs'>,
  access: AccountAccess,
  accountId: string,
  before?: EpochMilliseconds,
): Promise<void> {
  await access.endAllServices(accountId, before);
  for (const link of await deps.storage.dealerLinks.listByAccount(accountId)) {
    if (link.status !== 'withdrawn') await withdrawLink(deps, access, link);
  }
  await endMigrations(deps, accountId);
}
