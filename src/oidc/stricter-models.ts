// Adds checks to oidc-provider's models where it accepts requests that the standards forbid.
import { decodeProtectedHeader } from 'jose';
import Provider, { errors, type Client, type ClientCredentials } from 'oidc-provider';

/** Changes the models of this provider. Call it once, before the first request. */
export function makeModelsStricter(provider: Provider): void {
  takeIdTokensAsHintsOnly(provider.IdToken);
  takeSecretAsRegistered(provider.Client);
  refuseScopesNotGiven(provider.ClientCredentials);
}

/**
 * Refuses logout tokens and JWT access tokens as `id_token_hint`. The same keys sign them, so only `typ` tells them apart (RFC
 * 8725 3.11; OpenID Connect Back-Channel Logout 1.0 section 2.4). ID tokens have no `typ`.
 */
function takeIdTokensAsHintsOnly(model: Provider['IdToken']): void {
  const validate = model.validate.bind(model);
  model.validate = async (jwt, client) => {
    const { typ } = decodeProtectedHeader(jwt);
    if (typ !== undefined && typ !== 'JWT') throw new errors.InvalidRequest('id_token_hint is no ID token');
    return validate(jwt, client);
  };
}

/**
 * Accepts a secret only where the client's file says: in the header (`client_secret_basic`) or in the body (`client_secret_post`).
 * oidc-provider accepts both for either.
 */
function takeSecretAsRegistered({ prototype }: Provider['Client']): void {
  const compare = prototype.compareClientSecret;
  prototype.compareClientSecret = async function compareAsRegistered(this: Client, secret) {
    const sent = Provider.ctx?.oidc.body?.client_secret === undefined ? 'client_secret_basic' : 'client_secret_post';
    if (sent !== this.clientAuthMethod)
      throw new errors.InvalidClientAuth(`the secret came by ${sent}, and the client is registered for ${this.clientAuthMethod}`);
    return compare.call(this, secret);
  };
}

/**
 * Refuses a client credentials request with a scope that is unknown, not in the client's file, or of a resource that was not
 * requested (RFC 6749 5.2). Otherwise the token would lack the scope and fail later, elsewhere.
 */
function refuseScopesNotGiven({ prototype }: Provider['ClientCredentials']): void {
  const save = prototype.save;
  prototype.save = async function saveWithEveryScope(this: ClientCredentials) {
    const given = this.scope?.split(' ') ?? [];
    // Read the raw body, because oidc-provider removes unknown scopes from its parameters.
    const asked = String(Provider.ctx?.oidc.body?.scope ?? '').split(' ');
    const missing = asked.filter((scope) => scope !== '' && !given.includes(scope));
    if (missing.length) throw new errors.InvalidScope('not given to this client for this resource', missing.join(' '));
    return save.call(this);
  };
}
