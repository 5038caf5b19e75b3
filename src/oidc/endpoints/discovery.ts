// Corrects oidc-provider's discovery document (OpenID Connect Discovery 1.0) and caches it.
import type { Middleware } from 'koa';
import type { Config } from '../../config/config.ts';
import { LANGUAGES } from '../../language.ts';
import type { PageState } from '../../http/page-context.ts';
import type { ClientAuthMethod } from 'oidc-provider';
import { isHandledByProvider } from '../provider-context.ts';

export const DISCOVERY_PATHS: readonly string[] = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

/** Encryption is enabled only for data that clients send to us. What we send is never encrypted. */
const LEFT_OUT = ['id_token', 'authorization'].flatMap((what) => [
  `${what}_encryption_alg_values_supported`,
  `${what}_encryption_enc_values_supported`,
]);

/** How a client authenticates at the token endpoint, and at those for pushed requests, introspection and revocation. */
export const CLIENT_AUTHENTICATION = {
  methods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'none'],
  algorithms: ['ES256', 'PS256', 'RS256'],
} as const satisfies { methods: ClientAuthMethod[]; algorithms: string[] };

/** Returns the metadata that oidc-provider does not know of (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2). */
export function furtherMetadata({
  issuer,
  documentationUrl,
}: Pick<Config, 'issuer' | 'documentationUrl'>): Record<string, unknown> {
  const { methods, algorithms } = CLIENT_AUTHENTICATION;
  const endpoints = ['introspection', 'revocation'].flatMap((name) => [
    [`${name}_endpoint_auth_methods_supported`, methods],
    [`${name}_endpoint_auth_signing_alg_values_supported`, algorithms],
  ]);
  return {
    ...Object.fromEntries(endpoints),
    claim_types_supported: ['normal'],
    // Kana of names come with this tag.
    claims_locales_supported: [...LANGUAGES, 'ja-Kana-JP'],
    display_values_supported: ['page'],
    op_policy_uri: `${issuer}/privacy`,
    op_tos_uri: `${issuer}/terms`,
    service_documentation: documentationUrl,
    ui_locales_supported: LANGUAGES,
  };
}

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
