// Corrects oidc-provider's discovery document (OpenID Connect Discovery 1.0) and caches it.
import type { Middleware } from 'koa';
import type { PageState } from '../../http/page-context.ts';
import { isHandledByProvider } from '../provider-context.ts';

export const DISCOVERY_PATHS: readonly string[] = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

/** Encryption is enabled only for data that clients send to us. ID tokens are never encrypted. */
const LEFT_OUT = ['id_token_encryption_alg_values_supported', 'id_token_encryption_enc_values_supported'];

/** Makes the middleware for the paths of the document. It goes in front of oidc-provider. */
export function createDiscovery(): Middleware<PageState> {
  // The document can be cached because it does not depend on the request.
  let made: string | undefined;
  return async function answerDiscovery(ctx, next) {
    // A request with an Origin header also needs CORS headers, so it is not served from the cache.
    const known = ctx.get('Origin') === '' && ctx.method === 'GET' ? made : undefined;
    if (known !== undefined) {
      ctx.vary('Origin');
      ctx.type = 'json';
      ctx.body = known;
      return;
    }
    await next();
    if (!isHandledByProvider(ctx) || ctx.oidc.route !== 'discovery' || ctx.status !== 200) return;
    const members = Object.entries(ctx.body ?? {}).filter(([name]) => !LEFT_OUT.includes(name));
    ctx.body = {
      ...Object.fromEntries(members),
      prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    };
    made = JSON.stringify(ctx.body);
  };
}
