// docs/clients/<language>/errors.md: the error codes, what they mean here, and what to do.
import { readFileSync } from 'node:fs';
import { errors as libraryErrors } from 'oidc-provider';
import { z } from 'zod';
import { PAGE_ERRORS } from '../../../src/http/page-error.ts';
import { storedExamples } from './examples.ts';
import { code, json, table, withoutWords, type Language, type Page, type Words } from './words.ts';

type ErrorWords = { status: string; means: Words; todo: Words };

/** At redirect_uri the code is in the query; elsewhere the answer is JSON. */
const BACK: string = 'redirect_uri';

const CODES: Record<string, ErrorWords> = {
  access_denied: {
    status: BACK,
    means: { ja: 'お客様が手続きをやめた、または同意しなかった', en: 'The customer cancelled, or did not consent' },
    todo: {
      ja: 'もう一度始めるためのボタンのある画面を出します。エラー画面にしません',
      en: 'Show a page with a button to start again, not an error',
    },
  },
  login_required: {
    status: BACK,
    means: { ja: '`prompt=none` でしたが、ログインが必要です', en: '`prompt=none`, but the customer has to sign in' },
    todo: { ja: '`prompt` なしで送り直します', en: 'Send the request again without `prompt`' },
  },
  interaction_required: {
    status: BACK,
    means: { ja: '`prompt=none` でしたが、画面での確認が必要です', en: '`prompt=none`, but a page has to be shown' },
    todo: { ja: '`prompt` なしで送り直します', en: 'Send the request again without `prompt`' },
  },
  consent_required: {
    status: BACK,
    means: { ja: '`prompt=none` でしたが、同意が必要です', en: '`prompt=none`, but consent is needed' },
    todo: { ja: '`prompt` なしで送り直します', en: 'Send the request again without `prompt`' },
  },
  unmet_authentication_requirements: {
    status: BACK,
    means: {
      ja: '求められた強さ (`acr`) のログインができませんでした',
      en: 'The sign-in did not reach the `acr` that was required',
    },
    todo: { ja: '求める `acr` を見直すか、お客様に説明します', en: 'Ask for a weaker `acr`, or tell the customer' },
  },
  invalid_request: {
    status: `400, ${BACK}`,
    means: { ja: 'パラメーターが足りない、重複している、または長すぎる', en: 'A parameter is missing, twice there, or too long' },
    todo: {
      ja: '`error_description` のとおりに直します。PKCE が抜けていることがよくあります',
      en: 'Do what `error_description` says. Often PKCE is missing',
    },
  },
  invalid_scope: {
    status: `400, ${BACK}`,
    means: {
      ja: 'ファイルの `scope` にないスコープ、または `resource` のないスコープ',
      en: 'A scope that is not in `scope` of the file, or lacks its `resource`',
    },
    todo: { ja: 'ファイルにスコープを加えるか、求めるのをやめます', en: 'Add the scope to the file, or do not ask for it' },
  },
  invalid_target: {
    status: `400, ${BACK}`,
    means: { ja: 'その `resource` はありません', en: 'There is no such `resource`' },
    todo: { ja: '`dealer_links` の `resource` を使います', en: 'Use `resource` of `dealer_links`' },
  },
  invalid_authorization_details: {
    status: `400, ${BACK}`,
    means: {
      ja: '`authorization_details` の形が違う、または許可されていない',
      en: '`authorization_details` has a wrong form, or is not allowed',
    },
    todo: { ja: '`error_description` のとおりに直します', en: 'Do what `error_description` says' },
  },
  unsupported_response_type: {
    status: `400, ${BACK}`,
    means: { ja: '`response_type` は `code` だけです', en: 'The only `response_type` is `code`' },
    todo: { ja: 'ライブラリの設定を認可コードフローにします', en: 'Set the library to the authorization code flow' },
  },
  unsupported_response_mode: {
    status: `400, ${BACK}`,
    means: { ja: 'その `response_mode` はありません', en: 'There is no such `response_mode`' },
    todo: { ja: '[endpoints.md](endpoints.md) の値を使います', en: 'Use one of [endpoints.md](endpoints.md)' },
  },
  request_not_supported: {
    status: `400, ${BACK}`,
    means: { ja: '`request` は、このクライアントでは使えません', en: '`request` is not available for this client' },
    todo: { ja: 'パラメーターをそのまま送るか、PAR を使います', en: 'Send plain parameters, or push the request' },
  },
  request_uri_not_supported: {
    status: `400, ${BACK}`,
    means: { ja: '`request_uri` には、預けたリクエスト (PAR) だけが使えます', en: '`request_uri` is for pushed requests only' },
    todo: { ja: 'PAR を使います', en: 'Push the request' },
  },
  registration_not_supported: {
    status: `400, ${BACK}`,
    means: { ja: '`registration` は使えません', en: '`registration` is not available' },
    todo: { ja: 'このパラメーターを送らないようにします', en: 'Do not send this parameter' },
  },
  invalid_request_object: {
    status: `400, ${BACK}`,
    means: {
      ja: 'リクエストオブジェクトが正しくない、または PAR が必要なのに使われていない',
      en: 'A request object is not valid, or the request had to be pushed',
    },
    todo: { ja: '`error_description` のとおりに直します', en: 'Do what `error_description` says' },
  },
  invalid_request_uri: {
    status: '400',
    means: {
      ja: '預けたリクエストの期限が切れた、使用済み、または別のブラウザーで開かれた',
      en: 'The pushed request has expired, was used, or was opened in another browser',
    },
    todo: { ja: 'リクエストを預け直します', en: 'Push the request again' },
  },
  invalid_redirect_uri: {
    status: '400',
    means: {
      ja: '`redirect_uri` がファイルと 1 文字でも違う。お客様には画面が出ます',
      en: '`redirect_uri` differs from the file; the customer sees a page',
    },
    todo: {
      ja: 'スキーム、ホスト、ポート、末尾の `/` まで同じにします',
      en: 'Make them the same to the letter: scheme, host, port, last `/`',
    },
  },
  invalid_client: {
    status: '401',
    means: {
      ja: 'クライアント認証の失敗。シークレットの誤り、方式の違い、アサーションの `aud`・`jti`・署名の誤り',
      en: 'Client authentication failed: wrong secret, another method than in the file, or an assertion with a wrong `aud`, `jti` or signature',
    },
    todo: {
      ja: '方式をファイルの `token_endpoint_auth_method` と合わせます。`client_secret_basic` と `client_secret_post` は別のものです',
      en: 'Use the `token_endpoint_auth_method` of the file. `client_secret_basic` and `client_secret_post` are two methods',
    },
  },
  unauthorized_client: {
    status: '400',
    means: { ja: 'このクライアントには許可されていない操作', en: 'The client may not do this' },
    todo: { ja: 'ファイルの `grant_types` を見ます', en: 'Look at `grant_types` in the file' },
  },
  unsupported_grant_type: {
    status: '400',
    means: { ja: 'その `grant_type` はありません', en: 'There is no such `grant_type`' },
    todo: { ja: '[endpoints.md](endpoints.md) の値を使います', en: 'Use one of [endpoints.md](endpoints.md)' },
  },
  invalid_grant: {
    status: '400',
    means: {
      ja: 'コードやリフレッシュトークンが、期限切れ、使用済み、別のクライアントのもの、`redirect_uri` や `code_verifier` が違う、またはお客様がパスワードを変えた',
      en: 'The code or refresh token has expired, was used, belongs to another client, has another `redirect_uri` or `code_verifier`, or the customer changed the password',
    },
    todo: {
      ja: 'お客様にもう一度ログインしていただきます。同じトークンで繰り返しません',
      en: 'Let the customer sign in again. Do not repeat with the same token',
    },
  },
  invalid_token: {
    status: '401',
    means: { ja: 'アクセストークンが期限切れ、または無効になった', en: 'The access token has expired, or was ended' },
    todo: {
      ja: 'リフレッシュします。それも断られたら、もう一度ログインしていただきます',
      en: 'Refresh; if that is refused too, let the customer sign in again',
    },
  },
  insufficient_scope: {
    status: '403',
    means: { ja: 'トークンにそのスコープがない', en: 'The token lacks the scope' },
    todo: { ja: '`scope` に加えてトークンを取り直します', en: 'Get a token with the scope' },
  },
  invalid_dpop_proof: {
    status: '400, 401',
    means: {
      ja: 'DPoP の証明がない、使用済み、または別の鍵・URL・メソッドのもの',
      en: 'The DPoP proof is missing, was used, or is for another key, URL or method',
    },
    todo: { ja: 'リクエストごとに新しい証明を作ります', en: 'Make a new proof for each request' },
  },
  use_dpop_nonce: {
    status: '400, 401',
    means: { ja: 'クライアントの時計がずれている', en: 'The clock of the client is wrong' },
    todo: {
      ja: '`DPoP-Nonce` ヘッダーの値を証明に入れて送り直します。多くのライブラリが自分で行います',
      en: 'Send again with the value of the `DPoP-Nonce` header in the proof. Most libraries do so',
    },
  },
  authorization_pending: {
    status: '400',
    means: { ja: 'お客様の手続きがまだ終わっていない', en: 'The customer has not finished yet' },
    todo: { ja: '`interval` 秒待って、もう一度尋ねます', en: 'Wait for `interval` seconds, and ask again' },
  },
  slow_down: {
    status: '400',
    means: { ja: '尋ねるのが早すぎる', en: 'You ask too often' },
    todo: { ja: '間隔を 5 秒延ばします', en: 'Wait five seconds longer each time' },
  },
  expired_token: {
    status: '400',
    means: { ja: '機器のコードの期限が切れた', en: 'The code of the device has expired' },
    todo: { ja: '新しいコードで始め直します', en: 'Start again with a new code' },
  },
  unsupported_token_type: {
    status: '400',
    means: {
      ja: 'この種類のトークンは無効にできません (販売店の API の JWT など)',
      en: 'Tokens of this kind cannot be ended (JWTs for a dealer’s API)',
    },
    todo: { ja: '10 分で期限が切れるのを待ちます', en: 'They expire after ten minutes' },
  },
  invalid_client_metadata: {
    status: '400',
    means: {
      ja: 'クライアントのファイルまたは `jwks_uri` に誤りがある',
      en: 'The client’s file or its `jwks_uri` has a mistake',
    },
    todo: {
      ja: '`npm run admin -- clients check` と `clients test` を実行します',
      en: 'Run `npm run admin -- clients check` and `clients test`',
    },
  },
  temporarily_unavailable: {
    status: `429, 503, ${BACK}`,
    means: { ja: '回数の上限を超えた、または混み合っている', en: 'A limit was exceeded, or the ID is overloaded' },
    todo: { ja: '`Retry-After` の秒数だけ待って、もう一度送ります', en: 'Wait for the seconds of `Retry-After`, and send again' },
  },
  server_error: {
    status: `500, ${BACK}`,
    means: { ja: '共通 ID の不具合', en: 'A fault of the common ID' },
    todo: { ja: '`X-Request-Id` を添えて運用者にお知らせください', en: 'Tell the operator, with the `X-Request-Id`' },
  },
  account_selection_required: {
    status: BACK,
    means: {
      ja: '`prompt=none` でしたが、お客様が ID を選ぶ必要があります',
      en: '`prompt=none`, but the customer has to choose an ID',
    },
    todo: { ja: '`prompt` なしで送り直します', en: 'Send the request again without `prompt`' },
  },
};

/** Errors of oidc-provider for features that the common ID does not offer. */
const NOT_HERE: Record<string, string> = Object.fromEntries([
  ...[
    'expired_login_hint_token',
    'invalid_binding_message',
    'invalid_user_code',
    'missing_user_code',
    'unknown_user_id',
    'transaction_failed',
  ].map((name) => [name, 'CIBA']),
  ...[
    'invalid_credential_request',
    'invalid_nonce',
    'invalid_proof',
    'unknown_credential_configuration',
    'unknown_credential_identifier',
    'credential_request_denied',
  ].map((name) => [name, 'credentials']),
  ...['invalid_software_statement', 'unapproved_software_statement'].map((name) => [name, 'dynamic registration']),
  ...['use_attestation_challenge', 'use_fresh_attestation', 'invalid_client_attestation'].map((name) => [name, 'attestation']),
]);

/** The codes of all errors that oidc-provider has. */
function codesOfLibrary(): string[] {
  const classes = Object.values(libraryErrors) as unknown as (new (...args: unknown[]) => { error?: string })[];
  return [...new Set(classes.flatMap((Class) => new Class('description').error ?? []))].filter(
    (name) => /^[a-z_]+$/.test(name) && name !== 'description',
  );
}

const T: Record<
  Language,
  Record<'intro' | 'programs' | 'examples' | 'pages' | 'pagesIntro', string> & { head: string[]; pageHead: string[] }
> = {
  ja: {
    intro:
      '開発環境では、`error_description` に何が違うかが書かれています。本番環境では短い説明だけで、詳しい理由は共通 ID の記録にあります。`npm run admin -- clients why <client id>` で運用者が見られます。お問い合わせには、レスポンスの `X-Request-Id` を添えてください。',
    programs: 'プログラムへのエラー',
    head: ['コード', '状態', '意味', 'すること'],
    examples: '例',
    pages: 'お客様に見えるエラー画面',
    pagesIntro:
      'アプリに戻せないときは、お客様に画面を出します。本番環境のお客様がこれを見たら、アプリかファイルに誤りがあります。',
    pageHead: ['コード', '状態', '画面の見出し', '画面の説明'],
  },
  en: {
    intro:
      'In development, `error_description` says what is wrong. In production it is short, and the reason is in the common ID’s log: operators see it with `npm run admin -- clients why <client id>`. When you ask for help, name the `X-Request-Id` of the response.',
    programs: 'Errors for programs',
    head: ['code', 'status', 'what it means', 'what to do'],
    examples: 'Examples',
    pages: 'Pages that customers see',
    pagesIntro:
      'If an error cannot be returned to the app, the customer sees a page. In production this means a mistake in the app or in its file.',
    pageHead: ['code', 'status', 'heading', 'text'],
  },
};

const localeSchema = z.object({ errors: z.record(z.string(), z.object({ title: z.string(), text: z.string() })) });

export const errors: Page = {
  name: 'errors',
  title: { ja: 'エラー', en: 'Errors' },
  body(language) {
    const t = T[language];
    const locale = new URL(`../../../config/locales/${language}/common.json`, import.meta.url);
    const texts = localeSchema.parse(JSON.parse(readFileSync(locale, 'utf8'))).errors;
    const rows = Object.entries(CODES).map(([name, { status, means, todo }]) => [
      code(name),
      status.replace(BACK, code(BACK)),
      means[language],
      todo[language],
    ]);
    const pages = Object.entries(PAGE_ERRORS).map(([name, { status }]) => [
      code(name),
      status.join(', '),
      texts[name]?.title ?? '',
      texts[name]?.text ?? '',
    ]);
    const examples = storedExamples().errors.map(({ request, ...answer }) => `${code(request)}\n\n${json(answer)}`);
    return [
      t.intro,
      `## ${t.programs}`,
      table(t.head, rows),
      `## ${t.examples}`,
      ...examples,
      `## ${t.pages}`,
      t.pagesIntro,
      table(t.pageHead, pages),
    ].join('\n\n');
  },
  missing: () => withoutWords('the error', codesOfLibrary(), { ...CODES, ...NOT_HERE }, 'errors'),
};
