// Shows the messages between a client app and the common ID on a terminal. Secrets, codes, tokens and personal data are masked.
import type { CustomFetch } from 'openid-client';

/** Parameters and members whose values must not appear on a screen or in a log of the terminal. */
const MASKED = [
  'code',
  'code_verifier',
  'client_secret',
  'client_assertion',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'token',
  'request',
  'response',
  'legacy_profile',
];
/** Claims of the protocol. All other claims are about the person. */
const SHOWN_CLAIMS = 'iss sub aud exp iat nbf jti sid nonce auth_time acr amr azp at_hash c_hash s_hash'.split(' ');

/** Says how long a hidden value is, so that an empty or truncated one is noticed. */
export const mask = (value: string): string => `(${value.length} characters, not shown)`;

/** Shows parameters, one a line. */
export function showParameters(parameters: Iterable<readonly [string, string]>): string[] {
  return [...parameters].map(([name, value]) => `${name} = ${MASKED.includes(name) ? mask(value) : value}`);
}

/** Shows a URL with its parameters below it. */
export function showUrl(url: URL): string[] {
  const { searchParams, hash } = url;
  const parameters = searchParams.size > 0 ? searchParams : new URLSearchParams(hash.slice(1));
  return [`${url.origin === 'null' ? url.protocol : url.origin}${url.pathname}`, ...indent(showParameters(parameters))];
}

/** Shows the claims of an ID token or of UserInfo: the protocol's with values, the person's by name. */
export function showClaims(claims: Record<string, unknown>): string[] {
  return Object.entries(claims).map(([name, value]) =>
    SHOWN_CLAIMS.includes(name) ? `${name} = ${textOf(value)}` : `${name} ${mask(textOf(value))}`,
  );
}

/** Shows a JSON body: tokens are masked, and all values of UserInfo that are about the person. */
function showBody(text: string, isAboutPerson: boolean): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text === '' ? [] : [mask(text)];
  }
  if (typeof json !== 'object' || json === null) return [mask(text)];
  const members = json as Record<string, unknown>;
  if (isAboutPerson && members.error === undefined) return showClaims(members);
  return showParameters(Object.entries(members).map(([name, value]) => [name, textOf(value)] as const));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

export type Traced = {
  /** `fetch` for openid-client. */
  fetch: CustomFetch;
  /** The X-Request-Id of the newest answer. */
  lastRequestId(): string | undefined;
};

/** Makes a `fetch` that shows each request and its answer. Documents of the provider are shown without their content. */
export function traceFetch(show: (lines: readonly string[]) => void): Traced {
  let requestId: string | undefined;
  return {
    lastRequestId: () => requestId,
    async fetch(address, options) {
      const url = new URL(address);
      const headers = new Headers(options.headers);
      const authorization = headers.get('Authorization')?.split(' ')[0];
      const sent = options.body instanceof URLSearchParams ? showParameters(options.body) : [];
      show([
        `→ ${options.method ?? 'GET'} ${url.href}`,
        ...(authorization === undefined ? [] : [`    Authorization: ${authorization} (not shown)`]),
        ...(headers.has('DPoP') ? ['    DPoP: a proof (not shown)'] : []),
        ...indent(indent(sent)),
      ]);
      const answer = await fetch(address, options as RequestInit);
      requestId = answer.headers.get('X-Request-Id') ?? undefined;
      const isDocument = /\/(\.well-known\/.*|jwks)$/.test(url.pathname);
      const body = isDocument ? [] : showBody(await answer.clone().text(), url.pathname.endsWith('/me'));
      const challenge = answer.headers.get('WWW-Authenticate');
      show([
        `← ${answer.status}${requestId === undefined ? '' : `  (request ${requestId})`}`,
        ...(challenge === null ? [] : [`    WWW-Authenticate: ${challenge}`]),
        ...indent(indent(body)),
      ]);
      return answer;
    },
  };
}
