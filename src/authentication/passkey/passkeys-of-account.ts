// Adds, renames and removes the passkeys of an account. Each change is one write with one event and one mail.
import { createHash } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { signInsStand, type Account } from '../../domain/account.ts';
import { NEVER } from '../../domain/epoch-milliseconds.ts';
import { changePasskey, findPasskey, passkeyDigest, withPasskey, withoutPasskey, type Passkey } from '../../domain/passkey.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { issueChallenge, takeChallenge, type PasskeyCeremony } from './challenges.ts';
import { passkeyMail } from './passkey-mail.ts';
import { challengeOf, readAttestation, type Attestation } from './read-credential.ts';
import { SURELY_WRITTEN_AFTER_MS } from './settle-user-handle.ts';
import { ALGORITHMS, loadLibrary, relyingParty } from './relying-party.ts';

type PasskeyDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** Derives the user handle of an account's first passkey from its challenge. The handle is as random as the challenge. */
const newUserHandle = (challenge: string): string => createHash('sha256').update(`user handle:${challenge}`).digest('base64url');

/** Returns the options of `navigator.credentials.create()`. */
export async function creationOptions(deps: PasskeyDeps, ceremony: PasskeyCeremony, account: Account): Promise<object> {
  const { email, profile, passkeys = [] } = account;
  const challenge = await issueChallenge(deps, ceremony);
  const { id } = relyingParty(deps);
  const userHandle = account.user_handle ?? newUserHandle(challenge);
  return {
    challenge,
    rp: { id, name: 'TOYOTA/LEXUS ID' },
    user: {
      id: userHandle,
      name: email,
      displayName: [profile.family_name, profile.given_name].filter(Boolean).join(' ') || email,
    },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
    excludeCredentials: passkeys.map((passkey) => ({ id: passkey.id, type: 'public-key', transports: passkey.transports })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
    timeout: 300_000,
  };
}

/**
 * Adds a passkey after checking its attestation (WebAuthn 7.1).
 * @param account as it was when its session was checked
 * @param answer the attestation as JSON, and the name that the person typed
 * @returns the changed account; `undefined` if the answer is wrong or too late, the account has the passkey or too many, or a new
 * password or address has ended the sign-in meanwhile
 */
export async function addPasskey(
  deps: PasskeyDeps,
  ceremony: PasskeyCeremony,
  account: Account,
  answer: { text: string; name: string },
): Promise<Account | undefined> {
  const { text, name } = answer;
  const attestation = readAttestation(text);
  const made = attestation && (await verify(deps, ceremony, attestation));
  if (!made) return undefined;
  const userHandle = account.user_handle ?? newUserHandle(challengeOf(attestation));
  // The first passkey of an account brings the handle. The job cleans up if this process dies before the account knows the handle.
  if (account.user_handle === undefined)
    await deps.jobs.enqueue(
      'settle_user_handle',
      `settle-user-handle:${userHandle}`,
      { account_id: account.id, user_handle: userHandle },
      { runAt: deps.clock() + SURELY_WRITTEN_AFTER_MS },
    );
  // This comes before the passkey, which could not sign in without it.
  const owner = await deps.storage.passkeyOwners.change(userHandle, (standing) =>
    standing ? undefined : { account_id: account.id, expires_at: NEVER },
  );
  if (owner.now?.account_id !== account.id) return undefined;
  const passkey: Passkey = { ...made, name, created_at: deps.clock() };
  const event = { type: 'account.passkey_added', data: { passkey: passkeyDigest(passkey.id) } } as const;
  const added = await changeAndTell(deps, account.id, event, (standing) => {
    if (standing.disabled_at !== undefined || !signInsStand(account, standing)) return undefined;
    const to = withPasskey(standing, userHandle, passkey);
    return to && { to, mails: [passkeyMail(deps, 'passkey-added', standing, name)] };
  });
  if (!added && owner.changed) await forgetUnusedHandle(deps, account.id, userHandle);
  return added;
}

type Made = Omit<Passkey, 'name' | 'created_at'>;

async function verify(deps: PasskeyDeps, ceremony: PasskeyCeremony, attestation: Attestation): Promise<Made | undefined> {
  const expectedChallenge = challengeOf(attestation);
  if (!(await takeChallenge(deps, ceremony, expectedChallenge))) return undefined;
  const { verifyRegistrationResponse } = await loadLibrary();
  const party = relyingParty(deps);
  // The library throws if any value is wrong.
  const verified = await verifyRegistrationResponse({
    response: attestation,
    expectedChallenge,
    expectedOrigin: party.origins,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => undefined);
  if (!verified?.verified) return undefined;
  const { credential, credentialDeviceType, credentialBackedUp } = verified.registrationInfo;
  if (credential.id !== attestation.id) return undefined;
  return {
    id: credential.id,
    public_key: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: attestation.response.transports,
    device_type: credentialDeviceType,
    backed_up: credentialBackedUp,
  };
}

/** Removes the handle if another tab has meanwhile added the first passkey, with another handle. */
async function forgetUnusedHandle({ storage }: PasskeyDeps, accountId: string, userHandle: string): Promise<void> {
  const account = await storage.accounts.find(accountId);
  if (account?.user_handle !== userHandle) await storage.passkeyOwners.remove(userHandle);
}

/** Renames a passkey. @returns the changed account; `undefined` if the account does not have the passkey, or the passkey has this name already */
export async function renamePasskey(
  deps: PasskeyDeps,
  accountId: string,
  id: string,
  name: string,
): Promise<Account | undefined> {
  const event = { type: 'account.passkey_renamed', data: { passkey: passkeyDigest(id) } } as const;
  return changeAndTell(deps, accountId, event, (standing) => {
    const to = findPasskey(standing, id)?.name === name ? undefined : changePasskey(standing, id, { name });
    return to && { to, mails: [passkeyMail(deps, 'passkey-renamed', standing, name)] };
  });
}

/**
 * Removes a passkey.
 * @param account as it was when its session was checked
 * @returns the changed account; `undefined` if the account does not have the passkey or another way to sign in, or if a new password or address
 * has ended the sign-in since
 */
export async function removePasskey(deps: PasskeyDeps, account: Account, id: string): Promise<Account | undefined> {
  const event = { type: 'account.passkey_removed', data: { passkey: passkeyDigest(id) } } as const;
  return changeAndTell(deps, account.id, event, (standing) => {
    const to = signInsStand(account, standing) ? withoutPasskey(standing, id) : undefined;
    return to && { to, mails: [passkeyMail(deps, 'passkey-removed', standing, findPasskey(standing, id)?.name ?? '')] };
  });
}

/** Removes the other records of an account that is being erased: the owner of its user handle, and its declined offer. */
export async function forgetPasskeysOf(
  { storage }: Pick<Deps, 'storage'>,
  { id, user_handle: userHandle }: Account,
): Promise<void> {
  if (userHandle !== undefined) await storage.passkeyOwners.remove(userHandle);
  await storage.passkeyOffers.remove(id);
}
