// Authorizes API requests by bearer tokens (RFC 6750) that the common ID issued for one dealer (RFC 8707, RFC 9068).
import type { JWTPayload } from 'jose';
import { InvalidJwt, type VerifyJwt } from './issuer-keys.ts';
import { Problem } from './problem.ts';

/** The client that delivers dealer links: the common ID itself. */
const DELIVERING_CLIENT = 'common-id';

function challenge(parameters: Record<string, string>): Record<string, string> {
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, "'")}"`);
  return { 'WWW-Authenticate': `Bearer ${list.join(', ')}` };
}

/**
 * Checks the token and its scope.
 * @param header the Authorization header
 * @param resource the dealer's resource URI, which must be the token's audience
 * @throws {Problem} 401 without a valid token for this dealer, 403 if the scope is missing, 503 if the issuer's keys cannot be fetched
 */
async function authorize(verifyJwt: VerifyJwt, header: string, resource: string, scope: string): Promise<JWTPayload> {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1];
  if (!token) {
    throw new Problem(401, 'token_missing', 'Send an access token of the common ID as a bearer token.', {
      headers: challenge({ realm: resource }),
    });
  }
  const payload = await verifyJwt(token, {
    typ: 'at+jwt',
    audience: resource,
    requiredClaims: ['exp', 'sub', 'client_id'],
  }).catch((error: unknown) => {
    if (!(error instanceof InvalidJwt)) throw error;
    throw new Problem(401, 'invalid_token', `The access token is not valid for this dealer: ${error.message}.`, {
      headers: challenge({ realm: resource, error: 'invalid_token', error_description: error.message }),
    });
  });
  if (typeof payload['scope'] !== 'string' || !payload['scope'].split(' ').includes(scope)) {
    throw new Problem(403, 'insufficient_scope', `The access token lacks the scope ${scope}.`, {
      headers: challenge({ realm: resource, error: 'insufficient_scope', scope }),
    });
  }
  return payload;
}

/**
 * Allows only the common ID to write customer links.
 * @throws {Problem} as `authorize`; 403 for other clients
 */
export async function authorizeDelivery(verifyJwt: VerifyJwt, header: string, resource: string): Promise<void> {
  const payload = await authorize(verifyJwt, header, resource, 'customer_links:write');
  if (payload['client_id'] !== DELIVERING_CLIENT) {
    throw new Problem(403, 'client_not_allowed', 'Customer links are written by the common ID only.', {
      headers: challenge({ realm: resource, error: 'insufficient_scope', scope: 'customer_links:write' }),
    });
  }
}

/**
 * Allows a service to act for a customer who has consented to the link with this dealer.
 * @returns the id of that link, from the token's `authorization_details` (RFC 9396)
 * @throws {Problem} as `authorize`; 403 if no detail names this dealer
 */
export async function authorizeCustomer(
  verifyJwt: VerifyJwt,
  header: string,
  resource: string,
  dealer: string,
  scope: string,
): Promise<string> {
  const payload = await authorize(verifyJwt, header, resource, scope);
  const details: unknown = payload['authorization_details'];
  const linkIds = (Array.isArray(details) ? details : []).flatMap((detail: Record<string, unknown> | null) =>
    detail?.['type'] === 'dealer_link' && detail['dealer'] === dealer && typeof detail['link_id'] === 'string'
      ? [detail['link_id']]
      : [],
  );
  const [linkId] = linkIds;
  if (linkId === undefined) {
    const sentence = `The customer has not consented to the link with ${dealer}; ask for it with authorization_details of type dealer_link.`;
    throw new Problem(403, 'insufficient_authorization_details', sentence, {
      headers: challenge({ realm: resource, error: 'insufficient_authorization_details', error_description: sentence }),
    });
  }
  return linkId;
}
