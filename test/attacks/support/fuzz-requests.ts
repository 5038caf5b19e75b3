// Requests of the fuzzer: one valid request of each kind, and its changes.
import fc from 'fast-check';
import { anyBytes, anyEscaped, anyJson, anyText } from './fuzz-values.ts';

export type App = 'id' | 'ownersSite' | 'notebook' | 'dealerSystem' | 'mailbox' | 'demoClients' | 'operationsConsole';

/** A JWT, which is signed when it is sent: its kind, and the changes of its claims and header as JSON text. */
export type JwtKind =
  'assertion' | 'legacy_profile' | 'id_token' | 'dealer_token' | 'consent_receipt' | 'logout_token' | 'request';
export type Jwt = { kind: JwtKind; claims: [name: string, json: string][]; header: [name: string, json: string][]; cut: boolean };

/** A value in a query or a form, or a JWT that is made for it. */
type Value = string | Jwt;
export type Change = { name: string; value: Value; how: 'set' | 'add' | 'remove' };

export type Spec = {
  app: App;
  method: string;
  /** A number chooses a form on a page of the app; its cookies, action and fields are read then. */
  path: string | number;
  /** The parameters of a valid request. */
  fields: Record<string, Value>;
  changes: Change[];
  headers: [name: string, value: string][];
  cookies: 'none' | 'right' | 'damaged' | 'huge';
  body: 'none' | 'form' | 'json' | 'bytes';
  contentType: string | undefined;
  bytes: Buffer;
  chunked: boolean;
};

const right = (kind: JwtKind): Jwt => ({ kind, claims: [], header: [], cut: false });
const AUTHORIZATION = {
  client_id: 'attack-site',
  response_type: 'code',
  redirect_uri: 'http://127.0.0.1:9/callback',
  scope: 'openid profile email',
  state: 's',
  nonce: 'n',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};
const AUTHENTICATION = {
  client_id: 'attack-site',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: right('assertion'),
};

type Endpoint = Partial<Pick<Spec, 'app' | 'method' | 'path' | 'fields' | 'headers'>> & { jwts?: JwtKind[]; bearer?: JwtKind };

const post = (path: string, fields: Record<string, Value>, jwts: JwtKind[] = []): Endpoint => ({
  method: 'POST',
  path,
  fields,
  jwts,
});
const at = (app: App, paths: string[]): Endpoint[] => paths.map((path) => ({ app, path }));

/** Endpoints that read a JWT or an authorization request; each is used more often than a page. */
const PROGRAMS: Endpoint[] = [
  post('/token', { ...AUTHENTICATION, grant_type: 'client_credentials', scope: 'migration:read' }, ['assertion']),
  post('/token', { ...AUTHENTICATION, grant_type: 'authorization_code', code: 'x', redirect_uri: 'x', code_verifier: 'x' }),
  post('/token', { ...AUTHENTICATION, grant_type: 'refresh_token', refresh_token: 'x' }),
  post('/request', { ...AUTHENTICATION, ...AUTHORIZATION }, ['assertion']),
  post('/request', { ...AUTHENTICATION, ...AUTHORIZATION, legacy_profile: right('legacy_profile') }, [
    'legacy_profile',
    'assertion',
  ]),
  post('/request', { ...AUTHENTICATION, ...AUTHORIZATION, id_token_hint: right('id_token') }, ['id_token']),
  post('/introspect', { ...AUTHENTICATION, token: 'x' }),
  post('/token/introspection', { ...AUTHENTICATION, token: right('dealer_token') }, ['dealer_token', 'assertion']),
  post('/token/revocation', { ...AUTHENTICATION, token: 'x' }, ['assertion']),
  post('/session/end', { id_token_hint: right('id_token') }, ['id_token']),
  {
    path: '/session/end',
    fields: { id_token_hint: right('id_token'), client_id: 'attack-site', ui_locales: 'ja' },
    jwts: ['id_token'],
  },
  { path: '/auth', fields: AUTHORIZATION },
  { path: '/auth', fields: { ...AUTHORIZATION, prompt: 'none', id_token_hint: right('id_token') }, jwts: ['id_token'] },
  {
    path: '/auth',
    fields: { ...AUTHORIZATION, request: right('request'), max_age: '1', claims: '{}', authorization_details: '[]' },
  },
  { path: '/auth', fields: { client_id: 'attack-site', request_uri: 'urn:ietf:params:oauth:request_uri:x' } },
  post('/auth', { ...AUTHORIZATION, legacy_profile: right('legacy_profile') }),
  { path: '/me', bearer: 'dealer_token' },
  { path: '/migrations/legacy-1', bearer: 'dealer_token' },
  { app: 'dealerSystem', path: '/dealers/aichi-toyota/service-history', bearer: 'dealer_token' },
  { app: 'dealerSystem', path: '/dealers/aichi-toyota/next-inspection', bearer: 'dealer_token' },
  { app: 'dealerSystem', path: '/dealers/aichi-toyota/bookings', bearer: 'dealer_token' },
  {
    app: 'dealerSystem',
    method: 'POST',
    path: '/dealers/aichi-toyota/bookings',
    bearer: 'dealer_token',
    fields: {
      vin: 'ZVW60-0001234',
      date: '2026-12-10',
      time: '09:30',
      menu: 'other',
      note: '',
    },
    headers: [['Idempotency-Key', 'k-0123456789']],
  },
  {
    app: 'dealerSystem',
    method: 'PUT',
    path: '/dealers/aichi-toyota/customer-links/fuzz',
    bearer: 'dealer_token',
    fields: {
      customer: '{"sub":"s","name":"n","email":"a@b.jp"}',
      consent_receipt: right('consent_receipt'),
    },
    headers: [['Idempotency-Key', 'k-0123456789']],
    jwts: ['consent_receipt'],
  },
  { app: 'dealerSystem', method: 'DELETE', path: '/dealers/aichi-toyota/customer-links/fuzz', bearer: 'dealer_token' },
  { ...post('/backchannel-logout', { logout_token: right('logout_token') }, ['logout_token']), app: 'notebook' },
];

const PAGES: Endpoint[] = [
  ...at('id', ['/', '/terms', '/privacy', '/postal-codes/1000001.json', '/health/live', '/health/ready', '/metrics', '/jwks']),
  ...at('id', ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/account', '/account/password']),
  ...at('id', ['/account/email/undo', '/forgotten-password', '/forgotten-password/x/code', '/interaction/x/login', '/auth/x']),
  ...at('id', [
    '/interaction/x/create/email',
    '/interaction/x/finalize/wait',
    '/session/end/confirm',
    '/session/end/success',
    '/assets/x',
  ]),
  ...at('ownersSite', ['/', '/login', '/callback', '/booking', '/migration', '/forgotten-id', '/reset-password/x', '/notices/1']),
  ...at('ownersSite', ['/booking/1/cancel', '/migration/completed', '/logged-out', '/logged-out/common-id', '/notices/1e400']),
  ...at('notebook', ['/', '/login', '/callback', '/logout', '/bookings', '/dealer-link', '/backchannel-logout']),
  ...at('dealerSystem', ['/', '/faults', '/withdrawals', '/dealers/x/bookings', '/dealers/aichi-toyota/customer-links/x']),
  ...at('mailbox', ['/', '/messages.json', '/messages/1', '/messages/1.eml', '/messages/1/html', '/messages/1e400']),
  ...at('demoClients', ['/', '/toyota-jp', '/toyota-jp/login', '/gazoo/callback', '/lexus/logout', '/x/callback']),
  ...at('operationsConsole', [
    '/',
    '/login',
    '/callback',
    '/confirm-identity',
    '/support',
    '/people/x',
    '/people/x/erase',
    '/logout',
  ]),
  ...at('operationsConsole', ['/jobs', '/jobs/list', '/jobs/retry', '/audit', '/audit/verify', '/backchannel-logout']),
];

const CLAIMS = [
  'exp',
  'iat',
  'nbf',
  'jti',
  'iss',
  'aud',
  'sub',
  'auth_time',
  'sid',
  'events',
  'scope',
  'client_id',
  'legacy_id',
  'vehicles',
];
const MORE_CLAIMS = [
  '__proto__',
  'constructor',
  'nonce',
  'link_id',
  'authorization_details',
  'dealer',
  'address',
  'email',
  'name',
  'cnf',
];
const HEADERS = ['alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'zip', 'cty', '__proto__', 'epk', 'enc'];

const odd = (names: string[]) => fc.array(fc.tuple(fc.constantFrom(...names), anyJson), { minLength: 1, maxLength: 3 });
const none: fc.Arbitrary<[string, string][]> = fc.constant([]);
const anyJwt = (kind: JwtKind): fc.Arbitrary<Jwt> =>
  fc.record({
    kind: fc.constant(kind),
    claims: fc.oneof(
      // Most often the times.
      { weight: 4, arbitrary: odd(['exp', 'iat', 'nbf', 'auth_time', 'jti']) },
      { weight: 2, arbitrary: odd([...CLAIMS, ...MORE_CLAIMS]) },
      { weight: 1, arbitrary: none },
    ),
    header: fc.oneof({ weight: 4, arbitrary: none }, { weight: 1, arbitrary: odd(HEADERS) }),
    cut: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  });

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'a[b]',
  'a[]',
  'email[$ne]',
  '',
  '%00',
  'toString',
  'request',
  'registration',
  'claims',
];
const AUTH_NAMES = [
  'max_age',
  'prompt',
  'ui_locales',
  'display',
  'acr_values',
  'response_mode',
  'authorization_details',
  'resource',
];
const FORM_NAMES = [
  'login_id',
  'password',
  'code',
  'email',
  'csrf_token',
  'lang',
  'state',
  'error',
  'iss',
  'interaction',
  'birthdate_year',
];

const anyChange = (fields: Record<string, Value>): fc.Arbitrary<Change> =>
  fc.record({
    name: fc.constantFrom(...Object.keys(fields), ...Object.keys(fields), ...ODD_NAMES, ...AUTH_NAMES, ...FORM_NAMES),
    value: anyEscaped as fc.Arbitrary<Value>,
    how: fc.constantFrom('set', 'set', 'add', 'remove'),
  });

const HEADER_NAMES = [
  'Accept',
  'Accept-Language',
  'Accept-Encoding',
  'Authorization',
  'Origin',
  'Referer',
  'Host',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'Forwarded',
  'Sec-Fetch-Site',
  'If-None-Match',
  'If-Modified-Since',
  'Range',
  'DPoP',
  'Idempotency-Key',
  'Content-Encoding',
  'X-HTTP-Method-Override',
  'Cookie',
  'User-Agent',
  'Via',
  'X-Real-IP',
  'X-Request-Id',
];
const HEADER_VALUES = [
  '',
  'null',
  'gzip',
  'https',
  'http',
  'javascript',
  '1e400',
  '-1',
  'bytes=0-99999999999999999999',
  'cross-site',
  '::1',
  'unknown',
  'Basic',
  'Basic ====',
  'Basic OjpA',
  'Bearer',
  'Bearer x y',
  'DPoP x',
  'en;q=1e400',
  'xx-' + 'a'.repeat(9e3),
  '*/*;q=NaN',
  '@',
  '999.999.999.999',
  '1.2.3.4, 5.6.7.8',
  'application/json',
  'text/html',
  'http://evil.example',
  'for="[::1]"',
  'ÿþ',
];
const anyHeader = fc.tuple(
  fc.constantFrom(...HEADER_NAMES),
  fc.oneof(
    fc.constantFrom(...HEADER_VALUES),
    // Any character that does not end a header.
    anyText.map((text) =>
      Buffer.from(text)
        .toString('latin1')
        .replace(/[\0\r\n]/g, '')
        .slice(0, 6000),
    ),
  ),
);

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'LOCK', 'QUERY'];
const CONTENT_TYPES = [
  'application/json',
  'application/json; charset=utf-7',
  'multipart/form-data; boundary=x',
  'text/plain',
  '',
  'x',
  'application/jwt',
  'application/x-www-form-urlencoded; charset=utf-16',
  'application/x-www-form-urlencoded; charset=x',
  'application/x-www-form-urlencoded',
];

/** Usually valid. */
const mostly = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

function specOf({ app = 'id', method, path = '/', fields = {}, headers = [], jwts = [], bearer }: Endpoint): fc.Arbitrary<Spec> {
  const { body: usualBody, usual } =
    method === undefined || method === 'GET'
      ? ({ body: 'none', usual: 'GET' } as const)
      : ({ body: app === 'dealerSystem' ? 'json' : 'form', usual: method } as const);
  const changes = fc.array(anyChange(fields), { maxLength: jwts.length || bearer ? 1 : 4 });
  const made = jwts.length ? fc.constantFrom(...jwts).chain(anyJwt) : fc.constant(undefined);
  const token = bearer ? anyJwt(bearer) : fc.constant(undefined);
  return fc
    .record({
      method: mostly(usual as string, fc.constantFrom(...METHODS)),
      path:
        typeof path === 'number'
          ? fc.constant(path)
          : mostly(
              path,
              anyEscaped.map((text) => `${path}/${text.replace(/[\s\0]/g, '')}`),
            ),
      changes,
      made,
      token,
      headers: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(anyHeader, { maxLength: 4 }) },
      ),
      cookies: mostly<Spec['cookies']>('right', fc.constantFrom('none', 'damaged', 'huge')),
      body: mostly<Spec['body']>(usualBody, fc.constantFrom('none', 'form', 'json', 'bytes')),
      contentType: mostly<string | undefined>(undefined, fc.constantFrom(...CONTENT_TYPES)),
      bytes: anyBytes,
      chunked: mostly(false, fc.constant(true)),
    })
    .map(({ made: jwt, token: access, ...spec }) => ({
      ...spec,
      app,
      fields,
      headers: [
        ...headers,
        ...(access ? [['Authorization', `Bearer ${JSON.stringify(access)}`] as [string, string]] : []),
        ...spec.headers,
      ],
      // The field for a JWT of this kind.
      changes: [
        ...spec.changes,
        ...Object.entries(fields).flatMap(([name, value]) =>
          jwt && typeof value === 'object' && value.kind === jwt.kind ? [{ name, value: jwt, how: 'set' as const }] : [],
        ),
      ],
    }));
}

/** The number of forms that a request can choose from; if there are fewer, it wraps around. */
const FORMS = 64;

export const anySpec: fc.Arbitrary<Spec> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...PROGRAMS).chain(specOf) },
  { weight: 2, arbitrary: fc.constantFrom(...PAGES).chain(specOf) },
  { weight: 3, arbitrary: fc.nat(FORMS).chain((form) => specOf({ method: 'POST', path: form })) },
);
