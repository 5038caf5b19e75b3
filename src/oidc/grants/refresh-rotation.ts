// Decides whether the use of a refresh token replaces it, and keeps one alive that stays.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';

const MODEL = 'RefreshToken';
/** A token that stays is written again once this part of its lifetime is over, and not at every use. */
const WRITTEN_AGAIN_AFTER = 0.1;

/**
 * Makes oidc-provider's `rotateRefreshToken`. The token of a public client is replaced at each use, unless it is bound to a key (RFC 9700
 * section 2.2.2). For any other client its file decides. A token that is not replaced ends like one that is: a whole lifetime after its
 * last use, to a tenth.
 */
export function createRefreshRotation({
  config,
  clients,
  clock,
  storage: { artifacts },
}: Pick<Deps, 'config' | 'clients' | 'clock'> & { storage: Pick<Deps['storage'], 'artifacts'> }) {
  const lifetime = config.lifetimes.refreshToken;

  async function prolong(jti: string): Promise<void> {
    const now = Math.floor(clock() / 1000);
    const stored = await artifacts.find(MODEL, jti);
    if (stored === undefined || stored.consumed !== undefined || Number(stored.exp) - now > lifetime * (1 - WRITTEN_AGAIN_AFTER))
      return;
    // Writes nothing if the token was revoked meanwhile.
    await artifacts.update(MODEL, jti, { ...stored, exp: now + lifetime }, (now + lifetime) * 1000);
  }

  return async function rotateRefreshToken({ oidc: { client, refreshToken } }: KoaContextWithOIDC): Promise<boolean> {
    if (client === undefined || refreshToken === undefined) return true;
    if (client.clientAuthMethod === 'none' && !refreshToken.isSenderConstrained()) return true;
    if (clients.find(client.clientId)?.refreshRotation === true) return true;
    await prolong(refreshToken.jti);
    return false;
  };
}
