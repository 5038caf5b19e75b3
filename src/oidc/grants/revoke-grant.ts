// Takes back what a grant gave: its tokens and codes, at once.
import type { ArtifactStore } from '../../storage/storage.ts';

/** What belongs to a grant, and dies with it. */
const GRANTED_MODELS = ['AccessToken', 'AuthorizationCode', 'RefreshToken'];

/** Ends the tokens and codes of a grant; what the person agreed to stands. */
export async function revokeTokens(artifacts: ArtifactStore, grantId: string): Promise<void> {
  await Promise.all(GRANTED_MODELS.map((model) => artifacts.destroyByGrantId(model, grantId)));
}

/** Ends the tokens and codes of a grant, and the grant. */
export async function revokeGrant(artifacts: ArtifactStore, grantId: string): Promise<void> {
  // The grant first: without it no new token is made of a code that is being redeemed.
  await artifacts.destroy('Grant', grantId);
  await revokeTokens(artifacts, grantId);
}
