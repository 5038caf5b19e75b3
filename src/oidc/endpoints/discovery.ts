// The discovery document (OpenID Connect Discovery 1.0): oidc-provider's, corrected, and made once.
import type { Middleware } from 'koa';

export const DISCOVERY_PATHS: readonly string[] = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

/** Goes in front of oidc-provider, at the paths of the document. */
export function createDiscovery(): Middleware {
  // The same for all: its addresses are the issuer's, and nothing of a request is in it.
  let made: string | undefined;
  return async function answerDiscovery(ctx, next) {
    // Whoever says where it comes from gets headers besides.
    const known = ctx.get('Origin') === '' && ctx.method === 'GET' ? made : undefined;
    if (known !== undefined) {
      ctx.vary('Origin');
      ctx.type = 'json';
      ctx.body = known;
      return;
    }
    await next();
    const { oidc } = ctx as { oidc?: { route?: string } };
    if (oidc?.route !== 'discovery' || ctx.status !== 200) return;
    const document = ctx.body as Record<string, unknown>;
    document.prompt_values_supported = ['none', 'login', 'consent', 'create'];
    // The encryption that is on is for what clients encrypt to us; no client can have its ID tokens encrypted.
    delete document.id_token_encryption_alg_values_supported;
    delete document.id_token_encryption_enc_values_supported;
    made = JSON.stringify(document);
  };
}
