// Revokes grants, and their tokens and codes.
import type { ArtifactStore } from '../../storage/storage.ts';

/** The models that belong to a grant and end with it. */
const GRANTED_MODELS = ['AccessToken', 'AuthorizationCode', 'RefreshToken'];

/** Revokes the tokens and codes of a grant. The grant itself stays. */
export async function revokeTokens(artifacts: ArtifactStore, grantId: string): Promise<void> {
  await Promise.all(GRANTED_MODELS.map((model) => artifacts.destroyByGrantId(model, grantId)));
}

/** Revokes a grant, and its tokens and codes. */
export async function revokeGrant(artifacts: ArtifactStore, grantId: string): Promise<void> {
  // Delete the grant first, so that a code redeemed in parallel yields no new token.
  await artifacts.destroy('Grant', grantId);
  await revokeTokens(artifacts, grantId);
}
