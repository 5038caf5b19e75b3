// Calls a dealer's API about a customer's link.
import { createHash } from 'node:crypto';
import type { Dealer } from '../config/config.ts';
import type { Deps } from '../deps.ts';
import { propertyOf } from '../property-of.ts';
import type { DealerLink } from '../domain/dealer-link.ts';
import { boundedFetch } from '../http/bounded-fetch.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const TOKEN_LIFETIME_SECONDS = 5 * 60;

/** The parts of a link that a call needs. */
export type TellableLink = Pick<DealerLink, 'id'> & { consent: Pick<DealerLink['consent'], 'given_at'> };

type Delivery = {
  method: 'PUT' | 'DELETE';
  /** The same for a retry of a call, different for the next call; see `idempotencyKey`. */
  call: string;
  link: TellableLink;
  dealer: Dealer;
  body?: Record<string, unknown>;
  signal: AbortSignal;
};

type TellDeps = Pick<Deps, 'config' | 'clock' | 'keys' | 'traces'>;

/** The dealer refused this call with a 4xx. The dealer's system itself works. */
export class DealerRefused extends Error {
  override name = 'DealerRefused';
}

/**
 * Sends one call to the dealer's API, with a token that we issue for this dealer only.
 * @throws {DealerRefused} if the dealer refuses
 * @throws {Error} if the dealer does not clearly accept
 */
export async function tellDealer(deps: TellDeps, delivery: Delivery): Promise<void> {
  const { method, dealer } = delivery;
  const tell = async (): Promise<void> => callDealer(deps, delivery);
  return deps.traces.span('client', `dealer ${method}`, { 'common_id.dealer': dealer.code, 'http.request.method': method }, tell);
}

async function callDealer(deps: TellDeps, { method, call, link, dealer, body, signal }: Delivery): Promise<void> {
  const { config, keys, clock } = deps;
  const token = await keys.sign(
    'at+jwt',
    {
      iss: config.issuer,
      sub: 'common-id',
      client_id: 'common-id',
      aud: dealer.resource,
      scope: 'customer_links:write',
      jti: crypto.randomUUID(),
    },
    TOKEN_LIFETIME_SECONDS,
    clock(),
  );
  const traceparent = deps.traces.traceparent();
  const response = await boundedFetch(`${dealer.resource}/customer-links/${encodeURIComponent(link.id)}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      'Idempotency-Key': idempotencyKey(method, call, link, body),
      ...(traceparent !== undefined && { traceparent }),
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), signal]),
    redirect: 'error',
  }).catch((error: unknown) => {
    throw new Error(`the dealer's system does not answer: ${reasonOf(error)}`, { cause: error });
  });
  const text = await response.text();
  if (method === 'DELETE' && (response.status === 404 || response.ok)) return;
  const { status } = response;
  // 408 and 429 come from an overloaded system, so they are retried.
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) throw new DealerRefused(`the dealer answered ${status}`);
  if (!response.ok) throw new Error(`the dealer answered ${status}`);
  if (!acknowledges(text, link.id)) throw new Error('the dealer did not answer with the link');
}

/** Returns the reason from the cause of fetch's error, whose own message only says that it failed. If a name has several addresses, there is only a code. */
function reasonOf(error: unknown): string {
  const cause = propertyOf(error, 'cause') ?? error;
  return String(propertyOf(cause, 'message') || propertyOf(cause, 'code'));
}

/**
 * Derives the key from the content and the reason of a call. If the profile changes between two attempts, the key changes as well. Without the
 * reason, a dealer that receives A, then B, then A again would take the third call for a repetition of the first. The receipt is left out,
 * because it is signed again each time.
 */
function idempotencyKey(method: string, call: string, link: TellableLink, body: Record<string, unknown> = {}): string {
  const { consent_receipt: _receipt, ...told } = body;
  return createHash('sha256')
    .update(JSON.stringify([method, call, link.id, link.consent.given_at, told]))
    .digest('base64url');
}

/** A proxy's "200 It works" must not count as acceptance. */
function acknowledges(text: string, linkId: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return propertyOf(answer, 'link_id') === linkId && propertyOf(answer, 'status') === 'active';
  } catch {
    return false;
  }
}
