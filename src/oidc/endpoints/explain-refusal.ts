// Explains to the developer of a client app why a request was refused: what was sent, and what was expected.
import { closest } from 'fastest-levenshtein';
import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Client } from '../../config/clients/client.ts';
import type { ClientRegistry } from '../../config/clients/client-registry.ts';
import { nearestName } from '../../config/problems/nearest-name.ts';
import type { ClientRefusal } from '../../domain/client-refusal.ts';
import { propertyOf } from '../../property-of.ts';
import { showText, showUrl } from './show-sent.ts';

export type Explanation = Pick<ClientRefusal, 'why' | 'sent' | 'expected' | 'nearest'> & {
  /** The registered client of the request: the one that it names, or else the one with the most similar id. */
  clientId?: string;
};

type Refused = {
  /** The client's id, as it was sent. */
  claimedId: string | undefined;
  client: Client | undefined;
  clients: ClientRegistry;
  /** The parameters of the request. */
  params: Record<string, unknown>;
  /** The way in which the client authenticated. */
  authentication: string;
  /** The scope that was refused. */
  scope: string | undefined;
  /** The reason that oidc-provider, or one of our own checks, gives. */
  reason: string;
};

type Explained = {
  /** Matches the reason. */
  on: RegExp;
  explain(refused: Refused & { client: Client }): Explanation | undefined;
};

/** Explanations for reasons that leave out what was sent or what was expected. The first one that matches is used. */
const EXPLANATIONS: readonly Explained[] = [
  {
    on: /redirect_uri did not match/,
    explain: ({ client, params }) => explainUrl('redirect_uri', params, client, client.metadata.redirect_uris ?? []),
  },
  {
    on: /post_logout_redirect_uri not registered/,
    explain: ({ client, params }) =>
      explainUrl('post_logout_redirect_uri', params, client, listOf(client.metadata.post_logout_redirect_uris)),
  },
  {
    on: /authorization code redirect_uri mismatch/,
    explain: ({ client, params }) => ({
      sent: { redirect_uri: showUrl(String(params.redirect_uri), client.metadata.redirect_uris) },
      expected: 'exactly the redirect_uri of the authorization request',
      why: 'redirect_uri differs from the one in the authorization request',
    }),
  },
  {
    on: /requested scope is not allowed|not given to this client/,
    explain: ({ client, scope = '' }) => {
      const allowed = String(client.metadata.scope ?? 'openid');
      const nearest = nearestName(scope, allowed.split(' '));
      return {
        sent: { scope: showText(scope) },
        expected: allowed,
        ...(nearest !== undefined && { nearest }),
        why: `scope '${showText(scope)}' is not in the file of ${idOf(client)}${orNearest(nearest)}`,
      };
    },
  },
  {
    on: /does not match the registered client authentication method|the secret came by/,
    explain: ({ client, authentication }) => {
      const expected = String(client.metadata.token_endpoint_auth_method);
      return {
        sent: { authentication },
        expected,
        why: `${idOf(client)} authenticated by ${authentication}, but its file says ${expected} (token_endpoint_auth_method)`,
      };
    },
  },
  {
    on: /invalid secret provided/,
    explain: ({ client, authentication }) => ({
      sent: { authentication },
      expected: 'a client_secret from its file that is valid now',
      why: `the client_secret is not that of ${idOf(client)}, or no longer valid`,
    }),
  },
  {
    on: /requires PKCE/,
    explain: ({ client }) => ({
      sent: {},
      expected: 'code_challenge, and code_challenge_method=S256',
      why: `code_challenge is missing: ${idOf(client)} has to send PKCE with S256 (RFC 7636)`,
    }),
  },
  { on: /value of code_challenge_method/, explain: ({ params }) => explainValue('code_challenge_method', params, ['S256']) },
  { on: /unsupported response_type/, explain: ({ params }) => explainValue('response_type', params, ['code']) },
  {
    on: /response_type is not allowed|grant type is not allowed/,
    explain: ({ client, params }) => {
      const name = params.grant_type === undefined ? 'response_type' : 'grant_type';
      return explainValue(name, params, listOf(client.metadata[`${name}s`]), ` those in the file of ${idOf(client)}`);
    },
  },
  {
    on: /response_mode is not allowed/,
    explain: ({ client, params }) => ({
      sent: { response_mode: showText(String(params.response_mode)) },
      expected: 'authorization_signed_response_alg in its file, or another response_mode',
      why: `${idOf(client)} asked for a signed response, but its file has no authorization_signed_response_alg`,
    }),
  },
  {
    on: /Request Object must be used/,
    explain: ({ client }) => ({
      sent: {},
      expected: 'request, a signed authorization request (RFC 9101)',
      why: `${idOf(client)} has to sign its authorization requests (require_signed_request_object in its file)`,
    }),
  },
  {
    on: /unsupported response_mode/,
    explain: ({ params }) => explainValue('response_mode', params, ['query', 'fragment', 'form_post']),
  },
  {
    on: /unsupported grant_type/,
    explain: ({ params }) => explainValue('grant_type', params, ['authorization_code', 'refresh_token', 'client_credentials']),
  },
  { on: /unsupported prompt/, explain: ({ params }) => explainValue('prompt', params, PROMPT_VALUES) },
  {
    on: /Pushed Authorization Request must be used/,
    explain: ({ client }) => ({
      sent: {},
      expected: 'a request_uri from the endpoint /request',
      why: `${idOf(client)} has to push its authorization requests (require_pushed_authorization_requests in its file)`,
    }),
  },
];

const PROMPT_VALUES = ['none', 'login', 'consent', 'select_account', 'create'];

/** The parameters to show if the reason already says what is wrong. None of them holds a secret, a token or personal data. */
const SHOWN = ['grant_type', 'response_type', 'response_mode', 'scope', 'prompt', 'code_challenge_method', 'token_type_hint'];

/** Explains why oidc-provider refused a request. */
export function explainRefusal(ctx: KoaContextWithOIDC, error: Error, clients: ClientRegistry): Explanation {
  const refused = readRefused(ctx, error, clients);
  const { client, claimedId, params, reason } = refused;
  if (!client) return explainUnknown(claimedId, reason, params, clients);
  const special = EXPLANATIONS.find(({ on }) => on.test(reason))?.explain({ ...refused, client });
  return { clientId: idOf(client), ...(special ?? { why: showText(reason), sent: shownOf(params) }) };
}

function readRefused(ctx: KoaContextWithOIDC, error: Error, clients: ClientRegistry): Refused {
  const { oidc } = ctx;
  // oidc-provider removes some values that it refuses.
  const left = Object.entries(oidc.params ?? {}).filter(([, value]) => value !== undefined);
  const params: Record<string, unknown> = { ...ctx.query, ...oidc.body, ...Object.fromEntries(left) };
  const header = ctx.get('Authorization');
  const claimedId = oidc.client?.clientId ?? claimedIn(header, params);
  return {
    claimedId,
    client: claimedId === undefined ? undefined : clients.find(claimedId),
    clients,
    params,
    authentication: authenticationIn(header, oidc.body ?? {}),
    scope: scopeIn(error),
    reason: reasonOf(error) ?? error.message,
  };
}

/** Joins the description, the detail, and the messages of the causes. The root cause, such as an unreachable `jwks_uri`, comes last. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = error instanceof errors.OIDCProviderError ? (error.error_detail ?? error.error_description) : error.message;
  const cause = reasonOf(error.cause);
  return [own ?? error.message, cause === own ? undefined : cause].filter(Boolean).join(': ');
}

function explainUnknown(
  claimedId: string | undefined,
  reason: string,
  params: Record<string, unknown>,
  clients: ClientRegistry,
): Explanation {
  if (claimedId === undefined || !/client not found|client is invalid/.test(reason))
    return { why: showText(reason), sent: shownOf(params) };
  const nearest = nearestName(
    claimedId,
    clients.all().map((client) => idOf(client)),
  );
  // An id that is similar to none may be a secret in the wrong parameter.
  const shown = nearest === undefined ? showText(claimedId) : claimedId;
  return {
    why: `client_id '${shown}' is not registered, or disabled${orNearest(nearest)}`,
    sent: { client_id: shown },
    ...(nearest !== undefined && { nearest, clientId: nearest }),
  };
}

function explainUrl(
  name: string,
  params: Record<string, unknown>,
  client: Client,
  registered: readonly string[],
): Explanation | undefined {
  const sent = params[name];
  if (typeof sent !== 'string') return undefined;
  const shown = showUrl(sent, registered);
  const nearest = registered.length > 0 ? closest(sent.slice(0, LONGEST_COMPARED), registered) : undefined;
  return {
    sent: { [name]: shown },
    expected:
      registered.length > 0 ? registered.slice(0, 5).join(' or ') : `a URL in the file of ${idOf(client)}, which has none`,
    ...(nearest !== undefined && { nearest }),
    why: `${name} '${shown}' is not registered for ${idOf(client)}${orNearest(nearest)}`,
  };
}

function explainValue(name: string, params: Record<string, unknown>, known: readonly string[], where = ''): Explanation {
  const sent = showText(String(params[name]));
  const nearest = nearestName(sent, known);
  return {
    sent: { [name]: sent },
    expected: known.join(' or '),
    ...(nearest !== undefined && { nearest }),
    why: `${name} '${sent}' is not one of${where}: ${known.join(', ')}`,
  };
}

function scopeIn(error: Error): string | undefined {
  const scope = propertyOf(error, 'scope');
  return typeof scope === 'string' ? scope : undefined;
}

const LONGEST_COMPARED = 300;
const idOf = (client: Client): string => client.metadata.client_id;
const orNearest = (nearest: string | undefined): string => (nearest === undefined ? '' : `; nearest: '${nearest}'`);
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function shownOf(params: Record<string, unknown>): Record<string, string> {
  const shown = SHOWN.filter((name) => typeof params[name] === 'string').map((name) => [name, showText(String(params[name]))]);
  return Object.fromEntries(shown) as Record<string, string>;
}

/** Reads the id that the client claims. Some requests are refused before oidc-provider reads it. */
function claimedIn(header: string, { client_id: id, client_assertion: assertion }: Record<string, unknown>): string | undefined {
  if (typeof id === 'string') return id.slice(0, 100);
  const [, credentials] = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header) ?? [];
  if (credentials !== undefined) return Buffer.from(credentials, 'base64').toString().split(':')[0]?.slice(0, 100);
  if (typeof assertion !== 'string' || assertion.length > 4096) return undefined;
  try {
    return decodeJwt(assertion).sub?.slice(0, 100);
  } catch {
    return undefined;
  }
}

function authenticationIn(header: string, body: Record<string, unknown>): string {
  if (/^basic /i.test(header)) return 'client_secret_basic';
  if (body.client_secret !== undefined) return 'client_secret_post';
  return body.client_assertion === undefined ? 'none' : 'private_key_jwt';
}
