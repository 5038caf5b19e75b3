// Removes a second factor that was lost: the password, a mailed code and the birth date ask for it, and it waits for 24 hours. The mail about it
// has a link that stops it.
import { randomBytes } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { signInsStand, type Account, type EpochMilliseconds } from '../../domain/account.ts';
import { drawAccountToken, readAccountToken, secretDigest } from '../../domain/account-token.ts';
import { knownAddresses } from '../../domain/lost-mailbox.ts';
import { birthdateFits } from '../../domain/password-reset.ts';
import {
  askForRemoval,
  REMOVAL_WAITS_MS,
  stopRemoval,
  waitingRemoval,
  withoutSecondFactor,
  type SecondFactorRemoval,
} from '../../domain/second-factor.ts';
import { formatTime } from '../../http/format-time.ts';
import { languageOf } from '../../language.ts';
import type { LostSecondFactor } from '../../jobs/job-queue.ts';
import { PostponeJob, type JobHandler } from '../../jobs/runner.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { checkCode, type RefusedCode } from '../one-time-code/check-code.ts';
import { issueCode, type CodeSlot } from '../one-time-code/issue-code.ts';
import { SECOND_FACTOR_PATH, secondFactorMail } from './second-factor-mail.ts';

type LostDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

/** The path of the page that stops a removal. */
export const STOP_PATH = `${SECOND_FACTOR_PATH}/stop`;

const DAY_MS = 24 * 60 * 60 * 1000;
const GIVE_UP_AFTER_MS = 30 * DAY_MS;
/** The tries with the right code and a wrong birth date in a day. Only a reader of the mailbox can use them up. */
export const MOST_LOSS_TRIES = 5;
/** The counter of these tries. */
export const lossTriesKey = (accountId: string): string => `second-factor-lost-tries:${accountId}`;

/** Returns the slot of the code. It belongs to one browser, so nobody else uses up its tries. */
export function lostCodeSlot({ id, email_canonical: address }: Account, browserId: string): CodeSlot {
  return { purpose: 'lost_second_factor', id: `second-factor-lost:${id}:${secretDigest(browserId)}`, address };
}

/** Mails a code to the account's address. */
export async function mailLostCode(deps: LostDeps, account: Account, browserId: string): Promise<void> {
  const { email: to, language } = account;
  const key = `mail:second-factor-lost:${randomBytes(12).toString('base64url')}`;
  await issueCode(deps, lostCodeSlot(account, browserId), async (values) =>
    deps.jobs.enqueue('send_mail', key, { to, template: 'second-factor-lost-code', language, values }),
  );
}

/** `proof_wrong` does not say what was wrong. `tries_over`: those of the day. */
export type RefusedRemoval = RefusedCode | { problem: 'lost_wrong' | 'lost_over'; left?: number };

/**
 * Asks for the removal, with the mailed code and the birth date.
 * @param account as it was when its password was checked
 * @returns why it was refused; `undefined` if the account waits for the removal now
 */
export async function proveLoss(
  deps: LostDeps,
  account: Account,
  browserId: string,
  typed: { code: string; birthdate: string | undefined },
): Promise<RefusedRemoval | undefined> {
  const { counters } = deps.storage;
  const checked = await checkCode(deps, lostCodeSlot(account, browserId), typed.code);
  if (checked.problem === 'code_wrong') return { ...checked, problem: 'lost_wrong' };
  if (checked.problem) return checked;
  // Counted before the comparison, so that parallel tries cannot exceed the limit.
  const key = lossTriesKey(account.id);
  const { points } = await counters.add(key, 1, DAY_MS);
  if (points > MOST_LOSS_TRIES) return { problem: 'lost_over' };
  if (!birthdateFits(account, typed.birthdate)) return { problem: points === MOST_LOSS_TRIES ? 'lost_over' : 'lost_wrong' };
  await askToRemove(deps, account, 'account.second_factor_removal_asked');
  // Last, so that the same code still works if an earlier step fails.
  await checked.takeOut();
  await counters.remove(key);
  return undefined;
}

/**
 * Begins the waiting time, and mails every known address a link that stops it. The job is written first, so the removal is complete even if
 * this process dies.
 * @param event who asked: the person or an operator
 * @returns when the second factor is removed; `undefined` if the account has none or waits already, or its sign-ins have ended meanwhile
 */
export async function askToRemove(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>,
  account: Account,
  event: Parameters<typeof changeAndTell>[2],
): Promise<EpochMilliseconds | undefined> {
  const { config, clock, jobs } = deps;
  const { token, digest: stopDigest } = drawAccountToken(account.id);
  const runAt = clock() + REMOVAL_WAITS_MS;
  const lost: LostSecondFactor = { account_id: account.id, removal: stopDigest };
  await jobs.enqueue('remove_second_factor', `remove-second-factor:${stopDigest}`, lost, { runAt });
  const changed = await changeAndTell(
    deps,
    account.id,
    event,
    (standing) => {
      const to = signInsStand(account, standing) ? askForRemoval(standing, { stop_sha256: stopDigest }, clock()) : undefined;
      const due = to && waitingRemoval(to)?.due_at;
      if (!to || due === undefined) return undefined;
      const language = languageOf(standing.language);
      const values = { time: formatTime(clock(), language), due: formatTime(due, language) };
      const mail = { template: 'second-factor-removal-asked' as const, language, values };
      return { to, mails: knownAddresses(standing, clock()).map((address) => ({ to: address, ...mail })) };
    },
    { 'second-factor-removal-asked': { url: `${config.issuer}${STOP_PATH}?token=${token}` } },
  );
  return changed && waitingRemoval(changed)?.due_at;
}

/** Finds the removal that a token can stop. @returns `undefined` if there is none, or no longer */
export async function findRemoval(
  { storage }: Pick<Deps, 'storage'>,
  token: string,
): Promise<{ account: Account; removal: SecondFactorRemoval } | undefined> {
  const { accountId, digest } = readAccountToken(token);
  const account = await storage.accounts.find(accountId);
  const removal = account && waitingRemoval(account);
  return account && removal?.stop_sha256 === digest ? { account, removal } : undefined;
}

/** Stops the removal of a token. @returns whether this call stopped it */
export async function stopByToken(deps: LostDeps, token: string): Promise<boolean> {
  const found = await findRemoval(deps, token);
  return found !== undefined && stop(deps, found.account.id, found.removal.stop_sha256);
}

/** Stops the removal that an account waits for. @returns whether this call stopped it */
export async function stopWaitingRemoval(deps: LostDeps, account: Account): Promise<boolean> {
  const removal = waitingRemoval(account);
  return removal !== undefined && stop(deps, account.id, removal.stop_sha256);
}

async function stop(deps: LostDeps, accountId: string, stopDigest: string): Promise<boolean> {
  const stopped = await changeAndTell(deps, accountId, 'account.second_factor_removal_stopped', (standing) => {
    const to = waitingRemoval(standing)?.stop_sha256 === stopDigest ? stopRemoval(standing) : undefined;
    return to && { to, mails: [secondFactorMail(deps, 'second-factor-removal-stopped', standing)] };
  });
  return stopped !== undefined;
}

/** Creates the job that removes a lost second factor when the waiting time is over. It is idempotent. */
export function createRemoveSecondFactor(deps: LostDeps): JobHandler<LostSecondFactor> {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ account_id: accountId, removal: stopDigest }) {
      const asked = await deps.storage.accounts.find(accountId);
      const removal = asked && waitingRemoval(asked);
      // It was stopped or not written, or a new password or address has ended it.
      if (removal?.stop_sha256 !== stopDigest) return;
      if (deps.clock() < removal.due_at) throw new PostponeJob(removal.due_at, 'the owner can still stop it');
      await changeAndTell(deps, accountId, 'account.second_factor_lost', (standing) => {
        const to = waitingRemoval(standing)?.stop_sha256 === stopDigest ? withoutSecondFactor(standing) : undefined;
        return to && { to, mails: [secondFactorMail(deps, 'second-factor-removed', standing)] };
      });
    },
  };
}
