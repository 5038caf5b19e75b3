// Compares what a client app sends as its secret with the digests of its file.
import { timingSafeEqual } from 'node:crypto';
import type Provider from 'oidc-provider';
import { digestOf } from '../../config/clients/check-client-secrets.ts';
import type { Deps } from '../../deps.ts';

/**
 * Replaces the comparison of oidc-provider's clients, which knows one secret and knows it in clear. The method of the public
 * `provider.Client` is there to be replaced (panva/node-oidc-provider issue 631).
 */
export function compareSecretDigests(provider: Provider, { clients, clock }: Pick<Deps, 'clients' | 'clock'>): void {
  const prototype = provider.Client.prototype as { clientId: string; compareClientSecret(actual: string): boolean };
  prototype.compareClientSecret = function compareClientSecret(actual) {
    const now = clock();
    const digest = Buffer.from(digestOf(actual));
    // Every one is compared, so that the time tells nothing.
    const matches = (clients.find(this.clientId)?.secrets ?? []).filter(
      ({ digest: known, notBefore = -Infinity, notAfter = Infinity }) =>
        timingSafeEqual(Buffer.from(known), digest) && notBefore <= now && now < notAfter,
    );
    return matches.length > 0;
  };
}
