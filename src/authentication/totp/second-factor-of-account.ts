// Switches the second factor of an account on and off, and makes its recovery codes. Each change is one write with one event and one mail.
import { createHash, randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { signInsStand, type Account } from '../../domain/account.ts';
import { seal, unseal } from '../../domain/seal.ts';
import {
  CODES_SHOWN_WITHIN_MS,
  SETUP_LIFETIME_MS,
  withoutSecondFactor,
  withRecoveryCodes,
  withSecondFactor,
} from '../../domain/second-factor.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { drawRecoveryCodes, recoveryDigest } from './recovery-codes.ts';
import { secondFactorMail } from './second-factor-mail.ts';
import { drawSecret, readAppCode, stepOf } from './totp.ts';

type SecondFactorDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** The browser in which a person sets the second factor up. */
export type SetupPlace = { accountId: string; browserId: string };

/** Secrets and codes of one browser and account are not found in another. */
function idOf({ accountId, browserId }: SetupPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([accountId, browserId]))
    .digest('base64url');
}

/**
 * Draws the secret of a new second factor, or returns that of a setup that was begun in this browser. Call it only for a person who has given
 * the password or a passkey within the last minutes.
 * @returns the secret in Base32
 */
export async function beginSetup({ config, storage, clock }: SecondFactorDeps, place: SetupPlace): Promise<string> {
  const drawn = await drawSecret();
  const id = idOf(place);
  const { now } = await storage.secondFactorSetups.change(id, (standing) => {
    if (standing?.sealed_secret !== undefined) return undefined;
    const sealed_secret = seal(config.keys.secondFactor, id, drawn);
    return { factor_id: randomUUID(), sealed_secret, expires_at: clock() + SETUP_LIFETIME_MS };
  });
  return unseal(config.keys.secondFactor, id, now?.sealed_secret ?? '');
}

/** Whether a setup waits for its first code in this browser. */
export async function isBeingSetUp({ storage }: SecondFactorDeps, place: SetupPlace): Promise<boolean> {
  return (await storage.secondFactorSetups.find(idOf(place)))?.sealed_secret !== undefined;
}

/** `over`: there is no setup in this browser any more, or the account has a second factor. */
export type ConfirmedSetup = { account: Account } | { account?: undefined; problem: 'missing' | 'syntax' | 'wrong' | 'over' };

/**
 * Switches the second factor on, if the code is one of its app. Its recovery codes then wait in this browser.
 * @param account as it was when its session was checked
 */
export async function confirmSetup(
  deps: SecondFactorDeps,
  account: Account,
  browserId: string,
  typed: string,
): Promise<ConfirmedSetup> {
  const { config, storage, clock } = deps;
  const { keys } = config;
  const place = { accountId: account.id, browserId };
  const id = idOf(place);
  const setup = await storage.secondFactorSetups.find(id);
  if (setup?.factor_id === undefined || setup.sealed_secret === undefined) return { problem: 'over' };
  const { factor_id: factorId } = setup;
  if (typed.trim() === '') return { problem: 'missing' };
  const code = readAppCode(typed);
  if (code === undefined) return { problem: 'syntax' };
  const secret = unseal(keys.secondFactor, id, setup.sealed_secret);
  const now = clock();
  const step = await stepOf(secret, code, now);
  if (step === undefined) return { problem: 'wrong' };
  const codes = drawRecoveryCodes();
  const factor = {
    id: factorId,
    sealed_secret: seal(keys.secondFactor, sealedFor(account.id, factorId), secret),
    added_at: now,
    last_step: step,
    recovery_codes: codes.map((one) => recoveryDigest(keys.recoveryCode, account.id, one)),
    recovery_codes_made_at: now,
  };
  const added = await changeAndTell(deps, account.id, 'account.second_factor_added', (standing) => {
    if (standing.disabled_at !== undefined || !signInsStand(account, standing)) return undefined;
    const to = withSecondFactor(standing, factor);
    return to && { to, mails: [secondFactorMail(deps, 'second-factor-added', standing)] };
  });
  if (!added) {
    // A double press: the first one has switched it on.
    const standing = await storage.accounts.find(account.id);
    return standing?.second_factor?.id === factorId ? { account: standing } : { problem: 'over' };
  }
  await keepCodes(deps, place, codes);
  return { account: added };
}

/** The value to which the secret of an account's second factor is bound; see `seal`. */
export function sealedFor(accountId: string, factorId: string): string {
  return `second-factor:${accountId}:${factorId}`;
}

/**
 * Replaces the recovery codes. The new ones then wait in this browser.
 * @param account as it was when its session was checked
 * @returns `false` if the account has no second factor, or if a new password or address has ended that sign-in since
 */
export async function renewRecoveryCodes(deps: SecondFactorDeps, account: Account, browserId: string): Promise<boolean> {
  const codes = drawRecoveryCodes();
  const digests = codes.map((code) => recoveryDigest(deps.config.keys.recoveryCode, account.id, code));
  const renewed = await changeAndTell(deps, account.id, 'account.recovery_codes_renewed', (standing) => {
    const to = signInsStand(account, standing) ? withRecoveryCodes(standing, digests, deps.clock()) : undefined;
    return to && { to, mails: [secondFactorMail(deps, 'recovery-codes-renewed', standing)] };
  });
  if (renewed) await keepCodes(deps, { accountId: account.id, browserId }, codes);
  return renewed !== undefined;
}

async function keepCodes({ config, storage, clock }: SecondFactorDeps, place: SetupPlace, codes: string[]): Promise<void> {
  const id = idOf(place);
  const sealed_codes = seal(config.keys.secondFactor, id, codes.join(' '));
  await storage.secondFactorSetups.change(id, () => ({ sealed_codes, expires_at: clock() + CODES_SHOWN_WITHIN_MS }));
}

/** Returns new recovery codes that wait in this browser. Only one of several parallel calls gets them; later ones get none. */
export async function takeNewCodes(
  { config, storage, clock }: SecondFactorDeps,
  place: SetupPlace,
): Promise<string[] | undefined> {
  const id = idOf(place);
  const taken: { sealed?: string | undefined } = {};
  const { changed } = await storage.secondFactorSetups.change(id, (standing) => {
    taken.sealed = standing?.sealed_codes;
    return taken.sealed === undefined ? undefined : { expires_at: clock() + 1 };
  });
  if (!changed || taken.sealed === undefined) return undefined;
  return unseal(config.keys.secondFactor, id, taken.sealed).split(' ');
}

/**
 * Switches the second factor off.
 * @param account as it was when its session was checked
 * @returns the changed account; `undefined` if it has none, or if a new password or address has ended that sign-in since
 */
export async function removeSecondFactor(deps: SecondFactorDeps, account: Account): Promise<Account | undefined> {
  return changeAndTell(deps, account.id, 'account.second_factor_removed', (standing) => {
    const to = signInsStand(account, standing) ? withoutSecondFactor(standing) : undefined;
    return to && { to, mails: [secondFactorMail(deps, 'second-factor-removed', standing)] };
  });
}
