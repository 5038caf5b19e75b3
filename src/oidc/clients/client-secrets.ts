// Compares the secret that a client sends with the digests in its file.
import { timingSafeEqual } from 'node:crypto';
import type Provider from 'oidc-provider';
import { digestOf } from '../../config/clients/check-client-secrets.ts';
import type { Deps } from '../../deps.ts';

/**
 * Replaces oidc-provider's comparison, which takes a single secret in clear text. The method of the public `provider.Client` is
 * meant to be replaced (panva/node-oidc-provider issue 631).
 */
export function compareSecretDigests(provider: Provider, { clients, clock }: Pick<Deps, 'clients' | 'clock'>): void {
  provider.Client.prototype.compareClientSecret = function compareClientSecret(actual) {
    const now = clock();
    const digest = Buffer.from(digestOf(actual));
    // Compare with every digest, so that the time does not depend on which one matches.
    const matches = (clients.find(this.clientId)?.secrets ?? []).filter(
      ({ digest: known, notBefore = -Infinity, notAfter = Infinity }) =>
        timingSafeEqual(Buffer.from(known), digest) && notBefore <= now && now < notAfter,
    );
    return matches.length > 0;
  };
}
