// Makes a mobile number a login ID after its code was entered, and ends that. A number belongs to the person who proved it last: carriers
// give numbers out again.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { signInsStand, type Account, type EpochMilliseconds } from '../../domain/account.ts';
import {
  maskNumber,
  withNumber,
  withNumberAsked,
  withNumberProven,
  withoutNumber,
  withoutNumberAsked,
} from '../../domain/login-number.ts';
import { issueCode, type CodeSlot } from '../../authentication/one-time-code/issue-code.ts';
import { formatTime } from '../../http/format-time.ts';
import type { ProvenNumber } from '../../jobs/job-queue.ts';
import type { JobHandler } from '../../jobs/runner.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { AlreadyExists, StorageUnavailable } from '../../storage/storage.ts';

type NumberDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

/** After this time the press that moves a number has moved it, or its process is dead. */
const SURELY_MOVED_AFTER_MS = 60_000;
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;
/** How often a number is taken from other accounts before the person is asked to press again. */
const MOST_MOVES = 5;

/** Returns the slot of the code. */
export const loginNumberSlot = (accountId: string, phone: string): CodeSlot => ({
  purpose: 'login_number',
  id: `login-number:${accountId}`,
  address: phone,
});

/**
 * Stores the requested number and sends a code to it. A number that another account has is treated alike, so that the page does not
 * reveal it.
 * @param account as it was when the session was checked
 * @param options.again whether this is another code for the number that is already requested
 * @returns `false` if a new password or address has ended that sign-in since, or if another number was requested since; nothing is
 * stored or sent then
 */
export async function askForNumber(
  deps: NumberDeps,
  account: Account,
  phone: string,
  { again }: { again: boolean },
): Promise<boolean> {
  const asked = await changeAccount(deps, account.id, 'account.login_number_asked', (standing) => {
    if (!signInsStand(account, standing)) return undefined;
    if (again && standing.phone_change?.phone_canonical !== phone) return undefined;
    return withNumberAsked(standing, phone, deps.clock());
  });
  if (!asked) return false;
  const { language } = account;
  await issueCode(deps, loginNumberSlot(account.id, phone), async (values) =>
    deps.jobs.enqueue('send_sms', `sms:login-number:${randomUUID()}`, {
      to: phone,
      template: 'login-number-code',
      language,
      values,
    }),
  );
  return true;
}

/**
 * Makes the requested number the login number, after its code was entered. If another account has it, that account loses it, and its
 * owner is mailed.
 * @param account as it was when the session was checked
 * @returns the changed account; `undefined` if another number was requested since, another person proved the number later, or a new
 * password or address has ended the sign-in since
 * @throws {StorageUnavailable} if too many people prove the number at this moment
 */
export async function switchOn(deps: NumberDeps, account: Account, phone: string): Promise<Account | undefined> {
  const provenAt = deps.clock();
  const taken = await take(deps, account.id, phone, provenAt, (standing) => signInsStand(account, standing));
  return taken === 'owned by another' ? move(deps, account, phone, provenAt) : taken;
}

/** One write, which the database refuses while another account has the number. */
async function take(
  deps: NumberDeps,
  accountId: string,
  phone: string,
  provenAt: EpochMilliseconds,
  mayTake: (standing: Account) => boolean = () => true,
): Promise<Account | undefined | 'owned by another'> {
  try {
    return await changeAndTell(deps, accountId, 'account.login_number_on', (standing) => {
      const to = mayTake(standing) ? withNumber(standing, phone, provenAt) : standing;
      return to === standing ? undefined : { to, mails: [{ template: 'login-number-on', ...letter(deps, standing, phone) }] };
    });
  } catch (error) {
    if (error instanceof AlreadyExists) return 'owned by another';
    throw error;
  }
}

/**
 * Moves a number in several writes. The job and the proof come first, so the move is completed even if the process dies: at no time two
 * accounts have the number, and in the end one has it.
 */
async function move(
  deps: NumberDeps,
  account: Account,
  phone: string,
  provenAt: EpochMilliseconds,
): Promise<Account | undefined> {
  const proven = { account_id: account.id, proven_at: provenAt };
  await deps.jobs.enqueue('move_login_number', `move-login-number:${account.id}:${provenAt}`, proven, {
    runAt: deps.clock() + SURELY_MOVED_AFTER_MS,
  });
  await changeAccount(deps, account.id, 'account.login_number_proven', (standing) => {
    const to = signInsStand(account, standing) ? withNumberProven(standing, phone, provenAt) : standing;
    return to === standing ? undefined : to;
  });
  return completeMove(deps, proven);
}

/** Creates the job that completes a move. It is idempotent. */
export function createMoveLoginNumber(deps: NumberDeps): JobHandler<ProvenNumber> {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(proven) {
      await completeMove(deps, proven);
    },
  };
}

async function completeMove(
  deps: NumberDeps,
  { account_id: id, proven_at: provenAt }: ProvenNumber,
): Promise<Account | undefined> {
  for (let moves = 0; moves < MOST_MOVES; moves += 1) {
    const change = (await deps.storage.accounts.find(id))?.phone_change;
    if (change?.proven_at !== provenAt) return undefined;
    const { phone_canonical: phone } = change;
    const owner = await deps.storage.accounts.findByPhone(phone);
    if (owner && owner.id !== id) {
      if (provenAfter(owner, provenAt)) return giveUp(deps, id, provenAt);
      await free(deps, owner.id, phone, provenAt);
    }
    const taken = await take(deps, id, phone, provenAt);
    if (taken !== 'owned by another') return taken;
  }
  throw new StorageUnavailable('too many people prove this number');
}

/** Takes the number from an account, unless its owner proved it later. The mail to the owner is part of the same write. */
async function free(deps: NumberDeps, ownerId: string, phone: string, provenAt: EpochMilliseconds): Promise<void> {
  await changeAndTell(deps, ownerId, 'account.login_number_moved', (standing) => {
    const to = provenAfter(standing, provenAt) ? standing : withoutNumber(standing, phone);
    return to === standing ? undefined : { to, mails: [{ template: 'login-number-moved', ...letter(deps, standing, phone) }] };
  });
}

function provenAfter({ phone_proven_at: at = 0 }: Account, provenAt: EpochMilliseconds): boolean {
  return at > provenAt;
}

async function giveUp(deps: NumberDeps, accountId: string, provenAt: EpochMilliseconds): Promise<undefined> {
  await changeAccount(deps, accountId, 'account.login_number_given_up', (standing) =>
    standing.phone_change?.proven_at === provenAt ? withoutNumberAsked(standing) : undefined,
  );
}

/**
 * Ends the login with the number.
 * @param account as it was when the session was checked
 * @returns `false` if the account has no login number any more, or a new password or address has ended the sign-in since
 */
export async function switchOff(deps: NumberDeps, account: Account): Promise<boolean> {
  const { phone_canonical: phone } = account;
  if (phone === undefined) return false;
  const changed = await changeAndTell(deps, account.id, 'account.login_number_off', (standing) => {
    const to = signInsStand(account, standing) ? withoutNumber(standing, phone) : standing;
    return to === standing ? undefined : { to, mails: [{ template: 'login-number-off', ...letter(deps, standing, phone) }] };
  });
  return changed !== undefined;
}

/** Returns what the mails about a login number have in common. */
function letter({ config, clock }: Pick<Deps, 'config' | 'clock'>, { email, language }: Account, phone: string) {
  const time = formatTime(clock(), languageOf(language));
  return { to: email, language, values: { number: maskNumber(phone), time, url: `${config.issuer}/account/mobile-number` } };
}
