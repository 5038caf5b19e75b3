// What operators do with a request for a lost mailbox: look at it, approve it, refuse it. Each action names the operator and a reason.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { drawAccountToken } from '../../domain/account-token.ts';
import {
  APPROVALS_NEEDED,
  changeLostMailbox,
  findLostMailbox,
  isOpen,
  knownAddresses,
  LOST_MAILBOX_OPEN_MS,
  stillStands,
  withApproval,
  withEnd,
  type LostMailbox,
  type LostMailboxRequest,
} from '../../domain/lost-mailbox.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';
import { birthdateFits } from '../../domain/password-reset.ts';
import { formatTime } from '../../http/format-time.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';
import { maskedEmail } from './look-up.ts';
import { endedMail, mailEndWithoutId, STOP_PATH } from './stop.ts';

type DeskDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

const HOUR_MS = 60 * 60 * 1000;
/** After this time an approval was either written or its process is dead. */
const SURELY_WRITTEN_AFTER_MS = 60_000;

/** A request as the operators see it. */
export type DeskCase = {
  request: LostMailboxRequest;
  account: Account | undefined;
  /** The state in the account; `undefined` if there is no account, or if it had too many open requests. */
  state: LostMailbox | undefined;
};

/** Finds a request that was handed in. */
export async function findCase({ storage }: Pick<Deps, 'storage'>, id: string): Promise<DeskCase | undefined> {
  const request = await storage.lostMailboxRequests.find(id);
  if (request?.proven_at === undefined) return undefined;
  const account = request.account_id ? await storage.accounts.find(request.account_id) : undefined;
  return { request, account, state: account && findLostMailbox(account, id) };
}

/** Records in the ledger that an operator looked at a request. */
export async function noteLook(
  { storage, clock }: DeskDeps,
  { request, account }: DeskCase,
  action: OperatorAction,
): Promise<void> {
  if (!account) return;
  const data = { request: request.id, ...action };
  await storage.ledger.append({ type: 'account.lost_mailbox_seen', subject: account.id, at: clock(), data }, randomUUID());
}

/** Whether somebody has signed in to the account since a request was made. */
export async function hasSignedInSince(
  { storage }: Pick<Deps, 'storage'>,
  accountId: string,
  { asked_at: askedAt }: LostMailbox,
): Promise<boolean> {
  const history = await storage.signInHistories.find(accountId);
  return history?.sign_ins.some(({ at }) => at > askedAt) ?? false;
}

/**
 * Why a request cannot be approved. `no_id`: no ID that can be used has the address. `not_taken`: the ID had too many open requests. `over`:
 * it has ended, or waited too long. `changed`: the ID has another address or password since, or is being withdrawn. `signed_in`: the owner has
 * signed in since. `birthdate`: the birth date is wrong. `approved`: this operator has approved it, or enough others have.
 */
export type NotApproved = 'no_id' | 'not_taken' | 'over' | 'changed' | 'signed_in' | 'birthdate' | 'approved';

/** Why this request cannot be approved by this operator at the moment; `undefined` if it can. */
export async function whyNotApproved(
  deps: Pick<Deps, 'storage' | 'clock'>,
  { request, account, state }: DeskCase,
  operator?: string,
): Promise<NotApproved | undefined> {
  if (!account) return 'no_id';
  if (!state) return 'not_taken';
  if (!isOpen(state, deps.clock())) return 'over';
  if (!stillStands(account, state)) return 'changed';
  if (await hasSignedInSince(deps, account.id, state)) return 'signed_in';
  if (!birthdateFits(account, request.profile.birthdate)) return 'birthdate';
  if (state.change_at !== undefined || (operator !== undefined && state.approved_by.includes(operator))) return 'approved';
  return undefined;
}

export type Approval = { problem: NotApproved } | { problem?: undefined; approvedBy: string[]; changeAt: number | undefined };

/**
 * Approves a request. The last approval that is needed begins the waiting time, and mails every known address a link that stops it, and the
 * new address when it changes. The job that changes the address is written first.
 */
export async function approve(deps: DeskDeps, found: DeskCase, action: OperatorAction): Promise<Approval> {
  const { operator } = action;
  const { config, clock, jobs } = deps;
  const problem = await whyNotApproved(deps, found, operator);
  const { account, request } = found;
  if (problem || !account) return { problem: problem ?? 'no_id' };
  const now = clock();
  const changeAt = now + config.lostMailbox.waitingHours * HOUR_MS;
  const { token, digest } = drawAccountToken(account.id);
  const payload = { account_id: account.id, request: request.id };
  await jobs.enqueue('change_lost_mailbox', `change-lost-mailbox:${request.id}:${operator}`, payload, {
    runAt: now + SURELY_WRITTEN_AFTER_MS,
  });
  const approved = await changeAndTell(
    deps,
    account.id,
    { type: 'account.lost_mailbox_approved', data: { request: request.id, ...action } },
    (standing) => {
      const to = changeLostMailbox(standing, request.id, now, (one) =>
        stillStands(standing, one) ? withApproval(one, { operator, changeAt, stopSha256: digest }) : undefined,
      );
      const state = to && findLostMailbox(to, request.id);
      if (!state) return undefined;
      return { to, mails: state.approved_by.length < APPROVALS_NEEDED ? [] : mailsAboutApproval(standing, state, changeAt, now) };
    },
    { 'lost-mailbox-waiting': { url: `${config.issuer}${STOP_PATH}?token=${token}` } },
  );
  const state = approved && findLostMailbox(approved, request.id);
  if (state) return { approvedBy: state.approved_by, changeAt: state.change_at };
  // Another operator, the owner or the time came first.
  const again = await findCase(deps, request.id);
  return { problem: (again && (await whyNotApproved(deps, again, operator))) ?? 'over' };
}

function mailsAboutApproval(account: Account, { email, language }: LostMailbox, changeAt: number, now: number) {
  const theirs = languageOf(account.language);
  const values = { email: maskedEmail(email), changes: formatTime(changeAt, theirs) };
  return [
    ...knownAddresses(account, now).map((to) => ({
      to,
      template: 'lost-mailbox-waiting' as const,
      language: theirs,
      values,
    })),
    {
      to: email,
      template: 'lost-mailbox-approved' as const,
      language: languageOf(language),
      values: { changes: formatTime(changeAt, languageOf(language)) },
    },
  ];
}

/** Refuses a request, and mails the new address. @returns whether this call did it; `false` if it has ended */
export async function refuse(deps: DeskDeps, { request, account, state }: DeskCase, action: OperatorAction): Promise<boolean> {
  const { storage, clock } = deps;
  if (account && state) {
    const event = { type: 'account.lost_mailbox_refused', data: { request: request.id, ...action } } as const;
    const refused = await changeAndTell(deps, account.id, event, (standing) => {
      const now = clock();
      const to = changeLostMailbox(standing, request.id, now, (one) => withEnd(one, 'refused', now));
      return to && { to, mails: [endedMail(state)] };
    });
    return refused !== undefined;
  }
  // There is no ID to note it in. A repeated call mails once. The mail about a request that nobody answered is the same.
  if (clock() >= (request.proven_at ?? 0) + LOST_MAILBOX_OPEN_MS) return false;
  const { changed, now } = await storage.lostMailboxRequests.change(request.id, (standing) =>
    standing && !standing.refused ? { ...standing, refused: { ...action, at: clock() } } : undefined,
  );
  if (!now?.refused) return false;
  await mailEndWithoutId(deps, now);
  return changed;
}
