// Authorizes API requests by access tokens that the common ID issued for one dealer (RFC 8707, RFC 9068): bearer tokens (RFC 6750), and
// tokens that are bound to a key (DPoP, RFC 9449).
import type { JWTPayload } from 'jose';
import type { ParameterizedContext } from 'koa';
import { z } from 'zod';
import { challenge } from '../../http/challenge.ts';
import { checkPossession, InvalidDpopProof, readAccessToken, refusalOf, type ProvenRequest } from '../../http/dpop-proof.ts';
import { InvalidJwt, type VerifyJwt } from './issuer-keys.ts';
import { Problem } from '../../http/problem.ts';

/** The client that delivers dealer links: the common ID itself. */
const DELIVERING_CLIENT = 'common-id';

/** RFC 7800, section 3.1, with the member of RFC 9449. A token with another confirmation is not accepted. */
const confirmation = z.strictObject({ jkt: z.string() }).optional();

/** How strong and how recent the customer's sign-in has to be. */
export type DemandedSignIn = {
  /** The accepted authentication context classes (`acr`). The sign-in must have one of them. */
  acrValues: readonly string[];
  maxAgeSeconds: number;
};

export type Authorization = {
  /** Milliseconds since 1970. */
  clock: () => number;
  verifyJwt: VerifyJwt;
  /** Notes a DPoP proof; see `checkPossession`. */
  noteProof: ProvenRequest['noteProof'];
};

/** The request that is authorized. */
export type Request = Pick<ParameterizedContext, 'get' | 'method' | 'path'>;

/**
 * Checks the token, its key and its scope.
 * @param resource the dealer's resource URI, which must be the token's audience
 * @throws {Problem} 401 without a valid token for this dealer, 403 if the scope is missing, 503 if the issuer's keys cannot be fetched
 */
async function authorize(by: Authorization, request: Request, resource: string, scope: string): Promise<JWTPayload> {
  const sent = readAccessToken(request.get('Authorization'));
  if (!sent) {
    throw new Problem(
      401,
      'token_missing',
      'Send an access token of the common ID: Authorization: Bearer, or DPoP with a proof.',
      {
        headers: challenge({ realm: resource }),
      },
    );
  }
  const payload = await by
    .verifyJwt(sent.token, {
      typ: 'at+jwt',
      audience: resource,
      requiredClaims: ['exp', 'sub', 'client_id'],
    })
    .catch((error: unknown) => {
      if (!(error instanceof InvalidJwt)) throw error;
      throw new Problem(401, 'invalid_token', `The access token is not valid for this dealer: ${error.message}.`, {
        headers: challenge({ realm: resource, error: 'invalid_token', error_description: error.message }),
      });
    });
  await checkKey(by, request, sent, payload, resource);
  if (typeof payload['scope'] !== 'string' || !payload['scope'].split(' ').includes(scope)) {
    throw new Problem(403, 'insufficient_scope', `The access token lacks the scope ${scope}.`, {
      headers: challenge({ realm: resource, error: 'insufficient_scope', scope }),
    });
  }
  return payload;
}

/** Checks that the client holds the key that the token is bound to. @throws {Problem} 401 */
async function checkKey(
  { noteProof }: Authorization,
  request: Request,
  sent: { scheme: 'Bearer' | 'DPoP'; token: string },
  payload: JWTPayload,
  resource: string,
): Promise<void> {
  const confirmed = confirmation.safeParse(payload['cnf']);
  const boundTo = confirmed.data?.jkt;
  try {
    if (!confirmed.success) throw new InvalidDpopProof('the token is bound in a way that is not supported here');
    await checkPossession({
      ...sent,
      boundTo,
      proof: request.get('DPoP'),
      method: request.method,
      url: new URL(request.path, resource).href,
      noteProof,
    });
  } catch (error) {
    if (!(error instanceof InvalidDpopProof)) throw error;
    const { code, challenge: scheme, parameters } = refusalOf({ ...sent, boundTo });
    throw new Problem(401, code, `The access token is not accepted: ${error.message}.`, {
      headers: challenge({ realm: resource, error: code, error_description: error.message, ...parameters }, scheme),
    });
  }
}

/**
 * Allows only the common ID to write customer links.
 * @throws {Problem} as `authorize`; 403 for other clients
 */
export async function authorizeDelivery(by: Authorization, request: Request, resource: string): Promise<void> {
  const payload = await authorize(by, request, resource, 'customer_links:write');
  if (payload['client_id'] !== DELIVERING_CLIENT) {
    throw new Problem(403, 'client_not_allowed', 'Customer links are written by the common ID only.', {
      headers: challenge({ realm: resource, error: 'insufficient_scope', scope: 'customer_links:write' }),
    });
  }
}

/**
 * Checks how the customer signed in. The challenge says what the client has to ask the common ID for (RFC 9470, section 3).
 * @throws {Problem} 401 `insufficient_user_authentication`
 */
function checkSignIn({ clock }: Authorization, payload: JWTPayload, resource: string, demanded: DemandedSignIn): void {
  const { acr, auth_time: signedInAt, cnf } = payload;
  const isStrong = typeof acr === 'string' && demanded.acrValues.includes(acr);
  const isRecent = typeof signedInAt === 'number' && clock() / 1000 - signedInAt <= demanded.maxAgeSeconds;
  if (isStrong && isRecent) return;
  const sentence = isStrong ? 'A more recent sign-in is required' : 'A stronger sign-in is required';
  const parameters = {
    realm: resource,
    error: 'insufficient_user_authentication',
    error_description: sentence,
    acr_values: demanded.acrValues.join(' '),
    max_age: String(demanded.maxAgeSeconds),
  };
  throw new Problem(401, 'insufficient_user_authentication', `${sentence}; see WWW-Authenticate.`, {
    headers: challenge(parameters, cnf === undefined ? 'Bearer' : 'DPoP'),
  });
}

/**
 * Allows a service to act for a customer who has consented to the link with this dealer.
 * @returns the id of that link, from the token's `authorization_details` (RFC 9396)
 * @throws {Problem} as `authorize`; 403 if no detail names this dealer; 401 if the sign-in is not as demanded
 */
export async function authorizeCustomer(
  by: Authorization,
  request: Request,
  resource: string,
  { dealer, scope, signIn }: { dealer: string; scope: string; signIn?: DemandedSignIn | undefined },
): Promise<string> {
  const payload = await authorize(by, request, resource, scope);
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
  if (signIn) checkSignIn(by, payload, resource, signIn);
  return linkId;
}
