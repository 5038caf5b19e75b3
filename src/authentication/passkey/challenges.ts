// The challenges of passkey ceremonies. A challenge is valid once, for five minutes, in the browser and for the purpose that it was made for.
import { createHash, randomBytes } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { withChallenge, withoutChallenge } from '../../domain/passkey.ts';

/** What an answer to a challenge is for. It names the interaction, or the account and its session. */
export type PasskeyPurpose = `login:${string}` | `add:${string}` | `again:${string}`;

export type PasskeyCeremony = {
  /** The browser's id; see `createBrowserIds`. */
  browserId: string;
  purpose: PasskeyPurpose;
};

/** Makes a challenge: 32 random bytes, base64url. A browser has the newest four for each purpose, so that people cannot fill the database. */
export async function issueChallenge(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  ceremony: PasskeyCeremony,
): Promise<string> {
  const challenge = randomBytes(32).toString('base64url');
  await storage.passkeyChallenges.change(idOf(ceremony), (standing) => withChallenge(standing, challenge, clock()));
  return challenge;
}

/** Takes the challenge out. Of parallel calls, also on other nodes, one returns `true`. */
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

/** Another browser or purpose has another id, so it finds no challenge. */
function idOf({ browserId, purpose }: PasskeyCeremony): string {
  return createHash('sha256')
    .update(JSON.stringify([browserId, purpose]))
    .digest('base64url');
}
