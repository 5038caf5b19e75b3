// Checks a client assertion (RFC 7523) beyond the checks of oidc-provider.
import { errors, type KoaContextWithOIDC, type OIDCContext, type Provider } from 'oidc-provider';
import type { Clock } from '../../deps.ts';

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
 * Makes the check of an assertion whose signature was verified. Times are NumericDates and may have fractions (RFC 7519 section
 * 2). The expiry has to be near, because the `jti` of an assertion is stored until then.
 * The check throws `invalid_client` if the assertion is not acceptable; the log tells the client's developer why.
 */
export function createAssertionCheck(clock: Clock) {
  return function checkClientAssertion(
    _ctx: KoaContextWithOIDC,
    { exp, iat }: Record<string, unknown>,
    header: Record<string, unknown>,
  ): void {
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
