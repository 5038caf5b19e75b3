// Signs a person in with a passkey. The authenticator names the account, so the page does not ask for an ID first.
import type { Deps } from '../../deps.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import type { AuthenticationMethod } from '../../domain/authentication-methods.ts';
import { changePasskey, counterWentBack, findPasskey, passkeyDigest, type Passkey } from '../../domain/passkey.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { noteFailure, type SignInOrigin } from '../sign-in-origin.ts';
import { refuseDisabled } from '../disabled-id.ts';
import { createPlaceLimit } from '../limits/login-limits.ts';
import { issueChallenge, takeChallenge, type PasskeyCeremony } from './challenges.ts';
import { passkeyMail } from './passkey-mail.ts';
import { challengeOf, readAssertion, type Assertion } from './read-credential.ts';
import { loadLibrary, relyingParty } from './relying-party.ts';

/** The account that signed in, or the reason why nobody did. */
export type PasskeySignIn =
  | { account: Account; passkey: Passkey }
  /** `unknownId`: the credential id, if no account has it. The browser can then stop offering it. */
  | { account?: undefined; unknownId: string | undefined };

type PasskeyDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'log' | 'failedSignIns' | 'regionOf' | 'emit'>;

export type PasskeySignIns = {
  /** Returns the options of `navigator.credentials.get()`. Apart from the challenge they are the same for everybody. */
  options(ceremony: PasskeyCeremony): Promise<object>;
  /**
   * Checks an assertion (WebAuthn 7.2). All failures get the same answer, and count for the address and network like wrong passwords.
   * @param text the assertion as JSON
   * @throws {PageError} `too_many_requests` after a failure, if the address or network has too many; `id_disabled` if an operator has disabled
   * the account
   */
  signIn(ceremony: PasskeyCeremony, text: string, from: SignInOrigin): Promise<PasskeySignIn>;
};

/** Makes the functions of a sign-in. */
export function createPasskeySignIns(deps: PasskeyDeps): PasskeySignIns {
  const party = relyingParty(deps);
  const places = createPlaceLimit(deps);

  async function check(ceremony: PasskeyCeremony, assertion: Assertion, from: SignInOrigin): Promise<PasskeySignIn> {
    const challenge = challengeOf(assertion);
    if (!(await takeChallenge(deps, ceremony, challenge))) return { unknownId: undefined };
    const owner = await deps.storage.passkeyOwners.find(assertion.response.userHandle);
    const account = owner && (await deps.storage.accounts.find(owner.account_id));
    const passkey = account?.user_handle === assertion.response.userHandle ? findPasskey(account, assertion.id) : undefined;
    if (!account || !passkey) {
      deps.emit('login.failed', { method: 'unknown_passkey', reason: 'unknown', client_id: from.clientId });
      return { unknownId: assertion.id };
    }
    const found = await verify(assertion, challenge, passkey);
    if (found) refuseDisabled(account);
    const used = found && (await noteUse(deps, account.id, passkey, found));
    if (used) return used;
    noteFailure(deps, account.id, passkeyMethod(passkey), from);
    return { unknownId: undefined };
  }

  async function verify(assertion: Assertion, expectedChallenge: string, passkey: Passkey): Promise<Use | undefined> {
    const { verifyAuthenticationResponse } = await loadLibrary();
    // The library throws if any value is wrong.
    const verified = await verifyAuthenticationResponse({
      response: assertion,
      expectedChallenge,
      expectedOrigin: party.origins,
      expectedRPID: party.id,
      requireUserVerification: true,
      // `noteUse` compares the counter with the stored one.
      credential: { id: passkey.id, publicKey: new Uint8Array(Buffer.from(passkey.public_key, 'base64url')), counter: 0 },
    }).catch(() => undefined);
    if (!verified?.verified) return undefined;
    const { newCounter: counter, credentialBackedUp: backedUp } = verified.authenticationInfo;
    return { counter, backedUp, at: deps.clock() };
  }

  return {
    async options(ceremony) {
      const challenge = await issueChallenge(deps, ceremony);
      return { challenge, rpId: party.id, userVerification: 'required', timeout: 300_000 };
    },
    async signIn(ceremony, text, from) {
      const assertion = readAssertion(text);
      const result = assertion ? await check(ceremony, assertion, from) : { unknownId: undefined };
      if (!result.account) await places(from.ip);
      return result;
    },
  };
}

/** Returns the method of a sign-in with this passkey. */
export function passkeyMethod({ device_type: deviceType }: Pick<Passkey, 'device_type'>): AuthenticationMethod {
  return deviceType === 'singleDevice' ? 'device_passkey' : 'synced_passkey';
}

type Use = { counter: number; backedUp: boolean; at: EpochMilliseconds };

/**
 * Stores the use in the current account. Refuses the sign-in if the passkey was removed or the account disabled meanwhile. If the counter went
 * back, mails the owner; also refuses the sign-in if the passkey cannot leave its device, because then a copy exists.
 */
async function noteUse(
  deps: PasskeyDeps,
  accountId: string,
  { id }: Passkey,
  { counter, backedUp, at }: Use,
): Promise<PasskeySignIn | undefined> {
  const found: { wentBack?: boolean; refused?: boolean } = {};
  const data = { passkey: passkeyDigest(id) };
  const writeUse = async (event: 'account.passkey_used' | 'account.passkey_counter_back') =>
    changeAndTell(deps, accountId, { type: event, data }, (account) => {
      const standing = findPasskey(account, id);
      if (!standing || account.disabled_at !== undefined) return undefined;
      found.wentBack = counterWentBack(standing, counter);
      found.refused = found.wentBack && standing.device_type === 'singleDevice';
      // Only the event that fits the counter is written.
      if (found.wentBack !== (event === 'account.passkey_counter_back')) return undefined;
      const change = found.refused
        ? { ...account }
        : changePasskey(account, id, { counter, backed_up: backedUp, last_used_at: at });
      if (!change) return undefined;
      return { to: change, mails: found.wentBack ? [passkeyMail(deps, 'passkey-counter', account, standing.name)] : [] };
    });
  let account = await writeUse('account.passkey_used');
  if (!account && found.wentBack) {
    deps.log.warn({ account: accountId, refused: found.refused }, 'the counter of a passkey went back');
    account = await writeUse('account.passkey_counter_back');
  }
  const passkey = account && findPasskey(account, id);
  return account && passkey && !found.refused ? { account, passkey } : undefined;
}
