// docs/clients/<language>/endpoints.md: where a client sends what. The endpoints and the discovery document are those of the running program.
import { storedExamples } from './examples.ts';
import { code, json, table, withoutWords, type Language, type Page, type Words } from './words.ts';

type Endpoint = Words & { method: string; authentication: 'client' | 'token' | 'browser' | 'nobody' };

const AUTHENTICATION: Record<Endpoint['authentication'], Words> = {
  client: { ja: 'クライアント認証', en: 'client authentication' },
  token: { ja: 'アクセストークン', en: 'access token' },
  browser: { ja: 'お客様のブラウザー', en: 'the customer’s browser' },
  nobody: { ja: '不要', en: 'none' },
};

/** By the member of the discovery document. */
const ENDPOINTS: Record<string, Endpoint> = {
  authorization_endpoint: {
    method: 'GET',
    authentication: 'browser',
    ja: 'お客様をここへ送ります (認可リクエスト)。ログイン、登録、同意の画面のあと、`redirect_uri` に認可コードが届きます',
    en: 'Send customers here (authorization request). After login, registration and consent, a code arrives at `redirect_uri`',
  },
  token_endpoint: {
    method: 'POST',
    authentication: 'client',
    ja: '認可コードやリフレッシュトークンをトークンに換えます。クライアントクレデンシャルのトークンもここです',
    en: 'Exchanges a code or a refresh token for tokens; also issues tokens for client credentials',
  },
  userinfo_endpoint: {
    method: 'GET, POST',
    authentication: 'token',
    ja: 'お客様についてのクレーム ([claims.md](claims.md))',
    en: 'The claims about the customer ([claims.md](claims.md))',
  },
  pushed_authorization_request_endpoint: {
    method: 'POST',
    authentication: 'client',
    ja: '認可リクエストを先に預けます (RFC 9126)。URL に出したくない値や長い値に使います',
    en: 'Takes an authorization request in advance (RFC 9126): for values that must not be in a URL, or are long',
  },
  device_authorization_endpoint: {
    method: 'POST',
    authentication: 'client',
    ja: '車載機など、ブラウザーのない機器のログインを始めます (RFC 8628)',
    en: 'Starts the login of a device without a browser, such as a head unit (RFC 8628)',
  },
  backchannel_authentication_endpoint: {
    method: 'POST',
    authentication: 'client',
    ja: 'お客様のスマートフォンでの確認を求めます (CIBA)',
    en: 'Asks a customer to confirm on their phone (CIBA)',
  },
  introspection_endpoint: {
    method: 'POST',
    authentication: 'client',
    ja: '自分のトークンがまだ有効かを調べます (RFC 7662)',
    en: 'Says whether one of your own tokens is still valid (RFC 7662)',
  },
  revocation_endpoint: {
    method: 'POST',
    authentication: 'client',
    ja: 'トークンを無効にします (RFC 7009)',
    en: 'Ends a token (RFC 7009)',
  },
  end_session_endpoint: {
    method: 'GET, POST',
    authentication: 'browser',
    ja: '共通 ID からもログアウトするために、お客様をここへ送ります。確認画面のあと `post_logout_redirect_uri` に戻ります',
    en: 'Send customers here to log out of the common ID too. After a confirmation they come back to `post_logout_redirect_uri`',
  },
  jwks_uri: {
    method: 'GET',
    authentication: 'nobody',
    ja: 'トークンの署名を検証する公開鍵。1 分までキャッシュできます。知らない `kid` が来たら読み直します',
    en: 'The public keys that verify tokens. Cache them for a minute at most, and read them again when a `kid` is unknown',
  },
};

/** Endpoints of our own, which no discovery document names. */
const OWN: Record<string, Endpoint> = {
  '/.well-known/openid-configuration': {
    method: 'GET',
    authentication: 'nobody',
    ja: 'ディスカバリー文書 (下記)。アドレスはここから読み、プログラムに書き込まないでください',
    en: 'The discovery document (below). Read the addresses here; do not write them into your program',
  },
  '/migrations/{legacy_id}': {
    method: 'GET',
    authentication: 'token',
    ja: '自サイトの利用者の移行の状態。クライアントクレデンシャルのトークン (スコープ `migration:read`) が要ります',
    en: 'The state of a migration of one of your own users; needs a token of client credentials with the scope `migration:read`',
  },
};

/** The other members of the discovery document. */
const MEMBERS: Record<string, Words> = {
  issuer: { ja: '発行者。ID トークンの `iss` と一致します', en: 'The issuer, the `iss` of ID tokens' },
  acr_values_supported: { ja: 'ログインの強さ (`acr`)', en: 'How strong a sign-in was (`acr`)' },
  authorization_details_types_supported: {
    ja: '`authorization_details` の種類 (RFC 9396)',
    en: 'The types of `authorization_details` (RFC 9396)',
  },
  authorization_response_iss_parameter_supported: {
    ja: '認可レスポンスに `iss` があります (RFC 9207)。確認してください',
    en: 'Authorization responses have `iss` (RFC 9207): compare it',
  },
  authorization_signing_alg_values_supported: {
    ja: '認可レスポンスの署名 (JARM)',
    en: 'Signatures of authorization responses (JARM)',
  },
  backchannel_logout_session_supported: { ja: 'ログアウトトークンに `sid` があります', en: 'Logout tokens have `sid`' },
  backchannel_logout_supported: { ja: 'バックチャネルログアウトを送ります', en: 'Back-channel logout is sent' },
  backchannel_token_delivery_modes_supported: { ja: 'CIBA でのトークンの受け取り方', en: 'How tokens are delivered in CIBA' },
  backchannel_user_code_parameter_supported: { ja: 'CIBA の `user_code`', en: '`user_code` in CIBA' },
  backchannel_authentication_request_signing_alg_values_supported: {
    ja: 'CIBA リクエストの署名',
    en: 'Signatures of CIBA requests',
  },
  claim_types_supported: { ja: 'クレームの種類', en: 'Types of claims' },
  claims_locales_supported: { ja: 'クレームの言語', en: 'Languages of claims' },
  claims_parameter_supported: { ja: '`claims` パラメーター', en: 'The `claims` parameter' },
  claims_supported: { ja: 'クレーム ([claims.md](claims.md))', en: 'Claims ([claims.md](claims.md))' },
  code_challenge_methods_supported: { ja: 'PKCE の方式', en: 'PKCE methods' },
  dpop_signing_alg_values_supported: { ja: 'DPoP の証明の署名', en: 'Signatures of DPoP proofs' },
  display_values_supported: { ja: '`display` の値', en: 'Values of `display`' },
  grant_types_supported: { ja: 'グラントの種類', en: 'Grant types' },
  id_token_signing_alg_values_supported: { ja: 'ID トークンの署名', en: 'Signatures of ID tokens' },
  introspection_endpoint_auth_methods_supported: {
    ja: 'イントロスペクションでのクライアント認証',
    en: 'Client authentication at introspection',
  },
  introspection_endpoint_auth_signing_alg_values_supported: {
    ja: 'イントロスペクションでのアサーションの署名',
    en: 'Signatures of assertions at introspection',
  },
  op_policy_uri: { ja: 'プライバシーポリシー', en: 'The privacy policy' },
  op_tos_uri: { ja: '利用規約', en: 'The terms' },
  prompt_values_supported: {
    ja: '`prompt` の値。`create` は新規登録から始めます',
    en: 'Values of `prompt`; `create` begins with a registration',
  },
  request_object_encryption_alg_values_supported: { ja: 'リクエストオブジェクトの暗号化', en: 'Encryption of request objects' },
  request_object_encryption_enc_values_supported: {
    ja: 'リクエストオブジェクトの本文の暗号化',
    en: 'Content encryption of request objects',
  },
  request_object_signing_alg_values_supported: {
    ja: 'リクエストオブジェクトの署名 (JAR)',
    en: 'Signatures of request objects (JAR)',
  },
  request_parameter_supported: { ja: '`request` パラメーター (JAR)', en: 'The `request` parameter (JAR)' },
  request_uri_parameter_supported: {
    ja: '任意の `request_uri`。預けたリクエスト (PAR) のものはこれと関係なく使えます',
    en: '`request_uri` of any address. That of a pushed request works regardless',
  },
  require_request_uri_registration: { ja: '`request_uri` の登録', en: 'Whether `request_uri` must be registered' },
  require_signed_request_object: { ja: '署名付きリクエストの必須', en: 'Whether requests must be signed' },
  require_pushed_authorization_requests: { ja: 'PAR の必須', en: 'Whether requests must be pushed' },
  response_modes_supported: { ja: '`response_mode` の値', en: 'Values of `response_mode`' },
  response_types_supported: { ja: '`response_type` の値', en: 'Values of `response_type`' },
  revocation_endpoint_auth_methods_supported: { ja: '失効でのクライアント認証', en: 'Client authentication at revocation' },
  revocation_endpoint_auth_signing_alg_values_supported: {
    ja: '失効でのアサーションの署名',
    en: 'Signatures of assertions at revocation',
  },
  scopes_supported: { ja: 'スコープ ([claims.md](claims.md))', en: 'Scopes ([claims.md](claims.md))' },
  service_documentation: { ja: 'この文書', en: 'These pages' },
  subject_types_supported: { ja: '`sub` の種類', en: 'Kinds of `sub`' },
  token_endpoint_auth_methods_supported: { ja: 'クライアント認証の方式', en: 'Client authentication methods' },
  token_endpoint_auth_signing_alg_values_supported: {
    ja: 'アサーションの署名 (private_key_jwt)',
    en: 'Signatures of assertions (private_key_jwt)',
  },
  ui_locales_supported: { ja: '画面の言語 (`ui_locales`)', en: 'Languages of pages (`ui_locales`)' },
};

const WORDS: Record<Language, { intro: string; head: string[]; document: string; memberHead: string[]; whole: string }> = {
  ja: {
    intro:
      'アドレスはディスカバリー文書から読みます。ほとんどのライブラリは、発行者 (開発環境では `http://localhost:3000`) を設定するだけで読み込みます。ブラウザーだけで動くアプリは、`common_id.web_origins` に登録したオリジンから `token_endpoint` などを呼べます。',
    head: ['ディスカバリー文書の項目', 'パス', 'メソッド', '認証', '用途'],
    document: 'ディスカバリー文書',
    memberHead: ['項目', '意味', '値'],
    whole: 'どのレスポンスにも、お問い合わせに使う `X-Request-Id` ヘッダーがあります。',
  },
  en: {
    intro:
      'Read the addresses from the discovery document. Most libraries do so when they are given the issuer, which is `http://localhost:3000` in development. An app in the browser may call `token_endpoint` and the others from the origins in `common_id.web_origins` of its file.',
    head: ['in the discovery document', 'path', 'method', 'authentication', 'what for'],
    document: 'The discovery document',
    memberHead: ['member', 'what it is', 'value'],
    whole: 'Every response has a header `X-Request-Id`. Name it when you ask for help.',
  },
};

const isAddress = (name: string): boolean => name.endsWith('_endpoint') || name === 'jwks_uri';

function valueOf(value: unknown): string {
  return Array.isArray(value) ? value.map((item) => code(String(item))).join(' ') : code(String(value));
}

export const endpoints: Page = {
  name: 'endpoints',
  title: { ja: 'エンドポイント', en: 'Endpoints' },
  body(language) {
    const { intro, head, document, memberHead, whole } = WORDS[language];
    const { discovery } = storedExamples();
    const row = (name: string, path: string, endpoint: Endpoint): string[] => [
      name,
      code(path),
      endpoint.method,
      AUTHENTICATION[endpoint.authentication][language],
      endpoint[language],
    ];
    const named = Object.entries(discovery).filter(([name]) => isAddress(name) && ENDPOINTS[name]);
    const rows = [
      ...named.map(([name, url]) => row(code(name), new URL(String(url)).pathname, ENDPOINTS[name] as Endpoint)),
      ...Object.entries(OWN).map(([path, endpoint]) => row('', path, endpoint)),
    ];
    const members = Object.entries(discovery)
      .filter(([name]) => !isAddress(name) && MEMBERS[name])
      .map(([name, value]) => [code(name), MEMBERS[name]?.[language] ?? '', valueOf(value)]);
    return [intro, table(head, rows), whole, `## ${document}`, table(memberHead, members), json(discovery)].join('\n\n');
  },
  missing() {
    const names = Object.keys(storedExamples().discovery);
    return [
      ...withoutWords('the endpoint', names.filter(isAddress), ENDPOINTS, 'endpoints'),
      ...withoutWords(
        'the member of the discovery document',
        names.filter((name) => !isAddress(name)),
        MEMBERS,
        'endpoints',
      ),
    ];
  },
};
