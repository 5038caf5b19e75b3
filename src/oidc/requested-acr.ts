// The authentication context classes (acr) that a request asks for (OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5.1.1).
import type { OIDCContext, Provider } from 'oidc-provider';
import { toldAcr } from '../domain/authentication-methods.ts';
import { wantedValues } from './claims-parameter.ts';

/**
 * Lets ID tokens tell the class that the request asked for, if the sign-in is that strong: a client that asks for two factors gets that class of
 * a passkey too, because the class has to be one of those that it named. Call it once, before the first request.
 */
export function tellRequestedAcr(provider: Provider): void {
  Object.defineProperty(provider.OIDCContext.prototype, 'acr', {
    configurable: true,
    get(this: OIDCContext) {
      return toldAcr(this.session?.acr, wantedValues(this.claims.id_token?.acr) ?? []);
    },
  });
}
