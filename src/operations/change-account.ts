// What operators change at an account. Each change is one write with its event (who, when, whom, why) and a mail to the owner.
import type { Deps } from '../deps.ts';
import { momentAfterSignIns, withSignInsEnded, type Account } from '../domain/account.ts';
import { disableAccount, enableAccount } from '../domain/disabled-account.ts';
import { knownAddresses } from '../domain/lost-mailbox.ts';
import { isBeingErased, orderErasure as orderErasureOf } from '../domain/withdrawal.ts';
import { formatTime } from '../http/format-time.ts';
import { changeAndTell, type ChangeToTell } from '../jobs/tell-account-change.ts';
import { languageOf } from '../language.ts';
import { idDisabledMail } from '../authentication/disabled-id.ts';
import { forgetLimits, limitsOfAccount, type HeldLimit } from '../authentication/limits/limits-of-account.ts';
import { askToRemove } from '../authentication/totp/lost-second-factor.ts';
import type { AccountAccess } from '../oidc/sessions/account-access.ts';
import { changeAccount } from '../storage/change-account.ts';
import type { OperatorAction } from '../domain/operator-action.ts';

type ChangeDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** After this time the order was either written or its process is dead. */
const SURELY_WRITTEN_AFTER_MS = 60_000;

/**
 * Disables an account: nobody can sign in by any method, and its sessions and tokens end.
 * @returns `false` if it is disabled already or being erased
 */
export async function disable(
  deps: ChangeDeps,
  access: AccountAccess,
  accountId: string,
  action: OperatorAction,
): Promise<boolean> {
  return endingSignIns(access, accountId, async () =>
    changeAndTell(deps, accountId, { type: 'account.disabled', data: { ...action } }, (standing) => {
      const now = deps.clock();
      const to = disableAccount(standing, now);
      // The owner may have lost the newest address to somebody else.
      const mails = to && knownAddresses(standing, now).map((address) => ({ to: address, ...idDisabledMail(to, to.language) }));
      return to && { to, mails: mails ?? [] };
    }),
  );
}

/** Enables an account again that an operator has disabled. @returns `false` if none has */
export async function enable(deps: ChangeDeps, accountId: string, action: OperatorAction): Promise<boolean> {
  const event = { type: 'account.enabled', data: { ...action } } as const;
  const changed = await changeAndTell(deps, accountId, event, (standing) =>
    withMail(deps, 'id-enabled', enableAccount(standing)),
  );
  return changed !== undefined;
}

/** Ends every session and token of an account, and tells its clients. The consents stay. @returns `false` if the account is being erased */
export async function endSignIns(
  deps: ChangeDeps,
  access: AccountAccess,
  accountId: string,
  action: OperatorAction,
): Promise<boolean> {
  return endingSignIns(access, accountId, async () =>
    changeAndTell(deps, accountId, { type: 'account.sign_ins_ended', data: { ...action } }, (standing) =>
      isBeingErased(standing) ? undefined : withMail(deps, 'sign-ins-ended', withSignInsEnded(standing, deps.clock())),
    ),
  );
}

/**
 * Ends the pauses of an account, and forgets the failures that led to them.
 * @returns the limits that held; none if there was nothing to do
 */
export async function liftLimits(deps: ChangeDeps, account: Account, action: OperatorAction): Promise<HeldLimit[]> {
  const held = await limitsOfAccount(deps, account);
  await changeAndTell(deps, account.id, { type: 'account.limits_lifted', data: { ...action } }, (standing) =>
    withMail(deps, 'limits-lifted', { ...standing, limits_lifted_at: deps.clock() }),
  );
  await forgetLimits(deps, account);
  return held;
}

/**
 * Asks for the removal of a lost second factor. It waits for 24 hours, in which the owner can stop it, as after the person's own request.
 * @returns when it is removed; `undefined` if the account has no second factor, waits for its removal already, or is being erased
 */
export async function removeSecondFactor(
  deps: ChangeDeps,
  account: Account,
  action: OperatorAction,
): Promise<number | undefined> {
  if (isBeingErased(account)) return undefined;
  return askToRemove(deps, account, { type: 'account.second_factor_removal_ordered', data: { ...action } });
}

/**
 * Erases an account without the time in which a withdrawal can be taken back. From now on nobody can sign in; a job ends and erases the rest,
 * when its dealers have been told.
 * @returns `false` if the account is being erased already
 */
export async function orderErasure(
  deps: ChangeDeps,
  access: AccountAccess,
  account: Account,
  action: OperatorAction,
): Promise<boolean> {
  const { clock, jobs } = deps;
  const at = account.withdrawal?.at ?? momentAfterSignIns(account, clock());
  const erased = { account_id: account.id, withdrawn_at: at };
  const key = `erase-account:${account.id}:${at}:ordered`;
  // The job is written first, so that the account is erased even if this process dies. It does nothing without the order.
  await jobs.enqueue('erase_account', key, erased, { runAt: clock() + SURELY_WRITTEN_AFTER_MS });
  const event = { type: 'account.erasure_ordered', data: { ...action } } as const;
  return endingSignIns(access, account.id, async () =>
    changeAccount(deps, account.id, event, (standing) =>
      (standing.withdrawal?.at ?? at) === at ? orderErasureOf(standing, at, clock()) : undefined,
    ),
  );
}

/** Ends the sessions and tokens before the change, so that clients are told even if this process dies, and after it those that began in between. */
async function endingSignIns(
  access: AccountAccess,
  accountId: string,
  change: () => Promise<Account | undefined>,
): Promise<boolean> {
  await access.endSignIns(accountId);
  const changed = await change();
  await access.endTokens(accountId);
  await access.endSessions(accountId);
  return changed !== undefined;
}

/** Adds the mail to the owner. */
function withMail(
  { config, clock }: ChangeDeps,
  template: 'id-enabled' | 'sign-ins-ended' | 'limits-lifted',
  to: Account | undefined,
): ChangeToTell | undefined {
  if (!to) return undefined;
  const language = languageOf(to.language);
  const values = { time: formatTime(clock(), language), url: `${config.issuer}/account` };
  return { to, mails: [{ to: to.email, template, language, values }] };
}
