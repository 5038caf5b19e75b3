// Counts the requests of clients. Above a limit they get OAuth's error, and not one of our pages.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { RateLimit } from '../authentication/limits/rate-limit.ts';
import { askAgainLater } from '../http/error-page.ts';
import { PageError } from '../http/page-error.ts';
import type { Emit } from '../telemetry/emit.ts';

/**
 * Counts a request.
 * @param description tells the client's developer which limit it is
 * @throws {errors.OIDCProviderError} `temporarily_unavailable`, 429 with Retry-After, above the limit
 */
export async function countRequest(
  ctx: KoaContextWithOIDC,
  emit: Emit,
  limit: RateLimit,
  key: string,
  description: string,
): Promise<void> {
  try {
    await limit.count(key);
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    emit('limit.reached', { limit: error.limit ?? 'other', client_id: ctx.oidc.client?.clientId });
    askAgainLater(ctx, error);
    throw Object.assign(new errors.OIDCProviderError(429, 'temporarily_unavailable'), { error_description: description });
  }
}
