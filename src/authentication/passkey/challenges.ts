// The challenges of passkey ceremonies. A challenge can be used once, within five minutes, in its browser and for its purpose.
import { createHash, randomBytes } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { withChallenge, withoutChallenge } from '../../domain/passkey.ts';

/** The purpose of a challenge. It names the interaction, or the account and its session. */
export type PasskeyPurpose = `login:${string}` | `add:${string}` | `again:${string}`;

export type PasskeyCeremony = {
  /** The browser's id; see `createBrowserIds`. */
  browserId: string;
  purpose: PasskeyPurpose;
};

/** Returns the ceremony that adds a passkey to the account of a session. */
export function addingCeremony(
  browserId: string,
  { account, uid }: { account: Pick<Account, 'id'>; uid: string },
): PasskeyCeremony {
  return { browserId, purpose: `add:${account.id}:${uid}` };
}

/** Makes a challenge: 32 random bytes, base64url. Only a browser's newest four for each purpose are kept, so that nobody can fill the database. */
export async function issueChallenge(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  ceremony: PasskeyCeremony,
): Promise<string> {
  const challenge = randomBytes(32).toString('base64url');
  await storage.passkeyChallenges.change(idOf(ceremony), (standing) => withChallenge(standing, challenge, clock()));
  return challenge;
}

/** Removes the challenge. Only one of several parallel calls returns `true`, also across nodes. */
export async function takeChallenge(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  ceremony: PasskeyCeremony,
  challenge: string,
): Promise<boolean> {
  const taken = await storage.passkeyChallenges.change(idOf(ceremony), (standing) =>
    withoutChallenge(standing, challenge, clock()),
  );
  return taken.changed;
}

/** The id depends on the browser and the purpose, so that a challenge is not found in another browser or for another purpose. */
function idOf({ browserId, purpose }: PasskeyCeremony): string {
  return createHash('sha256')
    .update(JSON.stringify([browserId, purpose]))
    .digest('base64url');
}
