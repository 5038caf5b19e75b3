// Where oidc-provider takes what the standards refuse, and has a model of its own to say so in.
import { decodeProtectedHeader } from 'jose';
import Provider, { errors } from 'oidc-provider';

type IdTokenModel = { validate(jwt: string, client: unknown): Promise<unknown> };
type ServiceToken = { scope?: string };
type ClientCredentialsModel = { prototype: { save(this: ServiceToken): Promise<string> } };
type ClientModel = { prototype: { compareClientSecret(this: unknown, secret: string): Promise<boolean> | boolean } };

/** Changes the models of this provider; called once, before it answers anybody. */
export function makeModelsStricter(provider: Provider): void {
  takeIdTokensAsHintsOnly(provider.IdToken as unknown as IdTokenModel);
  takeOneAuthenticationOnly(provider.Client as unknown as ClientModel);
  refuseScopesNotGiven(provider.ClientCredentials as unknown as ClientCredentialsModel);
}

/**
 * An `id_token_hint` is verified with the keys that sign logout tokens and JWT access tokens too; their `typ` keeps one kind from being
 * taken for another (RFC 8725 3.11; OpenID Connect Back-Channel Logout 1.0 section 2.4). ID tokens have none.
 */
function takeIdTokensAsHintsOnly(model: IdTokenModel): void {
  const validate = model.validate.bind(model);
  model.validate = async (jwt, client) => {
    const { typ } = decodeProtectedHeader(jwt);
    if (typ !== undefined && typ !== 'JWT') throw new errors.InvalidRequest('id_token_hint is no ID token');
    return validate(jwt, client);
  };
}

/** A client authenticates in one way in a request (RFC 6749 2.3); a secret in the body beside HTTP Basic is one more. */
function takeOneAuthenticationOnly({ prototype }: ClientModel): void {
  const compare = prototype.compareClientSecret;
  prototype.compareClientSecret = async function compareOnlySecret(secret) {
    const body = Provider.ctx?.oidc.body;
    return body?.client_secret === undefined && (await compare.call(this, secret));
  };
}

/**
 * A service is told of a scope that there is none of, that its file does not name, or whose resource it did not ask for (RFC 6749 5.2): a
 * token without it would fail later, and elsewhere.
 */
function refuseScopesNotGiven({ prototype }: ClientCredentialsModel): void {
  const save = prototype.save;
  prototype.save = async function saveWithEveryScope(this: ServiceToken) {
    const given = this.scope?.split(' ') ?? [];
    // As it was sent: oidc-provider takes out of its parameters what it does not know.
    const asked = String(Provider.ctx?.oidc.body?.scope ?? '').split(' ');
    const missing = asked.filter((scope) => scope !== '' && !given.includes(scope));
    if (missing.length) throw new errors.InvalidScope('not given to this client for this resource', missing.join(' '));
    return save.call(this);
  };
}
