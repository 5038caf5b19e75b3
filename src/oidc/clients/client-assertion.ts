// Checks a client assertion (RFC 7523) beyond the checks of oidc-provider.
import { errors, type KoaContextWithOIDC, type OIDCContext, type Provider } from 'oidc-provider';
import { FAPI2_ALGORITHMS } from '../../config/clients/check-fapi2.ts';
import type { Deps } from '../../deps.ts';

const MAX_LIFETIME_SECONDS = 5 * 60;
/** The client's clock may be ahead of ours. */
const IAT_TOLERANCE_SECONDS = 60;
const EXP_TOLERANCE_SECONDS = 10;

/** An assertion has a few hundred bytes. Deeply nested arrays in a longer one could overflow the stack. */
const MAX_LENGTH = 4096;

const refuse = (sentence: string): never => {
  throw new errors.InvalidClientAuth(`client_assertion: ${sentence}`);
};

/**
 * Makes the check of an assertion whose signature was verified and whose audience is one of ours. Times are NumericDates and may have
 * fractions (RFC 7519 section 2). The expiry has to be near, because the `jti` of an assertion is stored until then.
 * The check throws `invalid_client` if the assertion is not acceptable; the log tells the client's developer why.
 */
export function createAssertionCheck({ config, clients, clock }: Pick<Deps, 'config' | 'clients' | 'clock'>) {
  return function checkClientAssertion(
    _ctx: KoaContextWithOIDC,
    { aud, exp, iat }: Record<string, unknown>,
    header: Record<string, unknown>,
    { clientId }: { clientId: string },
  ): void {
    // Another server that is named beside us could present the assertion here in the client's name.
    if (Array.isArray(aud) && aud.length !== 1) refuse('"aud" has to be one value: the issuer');
    if (clients.find(clientId)?.profile === 'fapi2') {
      // FAPI 2.0 Security Profile, sections 5.3.2.1 and 5.4.
      if (aud !== config.issuer) refuse('"aud" has to be the issuer, as a text and not in a list');
      if (!FAPI2_ALGORITHMS.includes(String(header.alg))) refuse(`"alg" has to be one of ${FAPI2_ALGORITHMS.join(', ')}`);
    }
    const now = clock() / 1000;
    if (typeof exp !== 'number' || !(exp <= now + MAX_LIFETIME_SECONDS + EXP_TOLERANCE_SECONDS))
      refuse(`"exp" may be at most ${MAX_LIFETIME_SECONDS} seconds ahead; it is a time in seconds since 1970-01-01`);
    if (iat !== undefined && (typeof iat !== 'number' || !(iat <= now + IAT_TOLERANCE_SECONDS)))
      refuse('"iat" is in the future; it is a time in seconds since 1970-01-01');
    if (header.crit !== undefined || header.b64 !== undefined) refuse('"crit" and "b64" are not accepted in its header');
  };
}

/**
 * Refuses a too long assertion before oidc-provider parses it. The hook is its question for the expected audience, which comes
 * first.
 */
export function refuseLongAssertions(provider: Provider): void {
  const { prototype } = provider.OIDCContext;
  const expectedAudience = prototype.clientJwtAuthExpectedAudience;
  prototype.clientJwtAuthExpectedAudience = function boundedExpectedAudience(this: OIDCContext) {
    if (String(this.params?.client_assertion).length > MAX_LENGTH) refuse(`at most ${MAX_LENGTH} characters`);
    return expectedAudience.call(this);
  };
}
