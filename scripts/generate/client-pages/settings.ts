// docs/clients/<language>/settings.md: what a client's file may say. The keys and their English descriptions are those of the schema.
import { jsonSchemas } from '../../../src/config/files/json-schemas.ts';
import { z } from 'zod';
import { code, table, withoutWords, type Language, type Page } from './words.ts';

/** The descriptions in Japanese, by key. Those in English are in src/config/clients/client-schema.ts. */
const JAPANESE: Record<string, string> = {
  $schema: 'エディターでの入力補完のため',
  client_id: '変わらない識別子。同意やトークンがこの名前を使います',
  client_name: 'お客様に見える名前',
  'client_name#ja': '日本語の名前',
  'client_name#en': '英語の名前',
  client_uri: 'ホームページ',
  logo_uri: 'ロゴ',
  policy_uri: 'プライバシーポリシー',
  tos_uri: '利用規約',
  contacts: '担当者のメールアドレス',
  application_type: '`web`: サーバーで動き、シークレットを守れる。`native`: お客様の機器で動き、守れない',
  redirect_uris: 'お客様が認可コードを持って戻る URL。1 文字ずつ比べます。`native` のループバックではポートは問いません',
  post_logout_redirect_uris: 'ログアウトのあとに戻る URL。1 文字ずつ比べます',
  initiate_login_uri: 'アプリでのログインを始める URL',
  grant_types: '`authorization_code` (PKCE つき)、`refresh_token`、お客様のいない呼び出しの `client_credentials` など',
  response_types: '省略できます。`code` だけです',
  scope: '求めてよいスコープ。省略すると `openid`',
  token_endpoint_auth_method:
    'クライアント認証の方式。サーバーには `private_key_jwt` が最良です。`client_secret_post` は、ヘッダーで送れないライブラリのため。`none` は、`native` とブラウザーのアプリ専用です',
  token_endpoint_auth_signing_alg: 'アサーションの署名 (`private_key_jwt`)',
  client_secret: 'シークレットの置き場所またはハッシュ。変更中は 2 つまで',
  jwks: '公開鍵。自分で鍵を変えられる `jwks_uri` のほうをお勧めします',
  jwks_uri: '公開鍵の URL',
  subject_type: '`pairwise`: お客様の `sub` が、ほかのどのクライアントとも異なります',
  sector_identifier_uri: '`pairwise` の `sub` を共有するクライアントの一覧',
  id_token_signed_response_alg: 'ID トークンの署名',
  authorization_signed_response_alg: '認可レスポンスの署名 (JARM)',
  request_object_signing_alg: 'リクエストオブジェクトの署名 (JAR)',
  require_signed_request_object: '署名付きのリクエストオブジェクトを必須にします',
  default_max_age: '秒。これより古いログインでは、パスワードをもう一度尋ねます',
  require_auth_time: 'ID トークンにログインの時刻を入れます',
  default_acr_values: 'いつも求める `acr`',
  require_pushed_authorization_requests: '認可リクエストを預けること (PAR) を必須にします',
  dpop_bound_access_tokens: 'アクセストークンを鍵に結び付けること (DPoP) を必須にします。なくても使えます',
  backchannel_logout_uri: 'お客様のログアウトを知らせる URL',
  backchannel_logout_session_required: 'ログアウトトークンに、終わったセッション (`sid`) を入れます',
  backchannel_token_delivery_mode: 'CIBA でのトークンの受け取り方',
  backchannel_client_notification_endpoint: 'CIBA の通知先',
  authorization_details_types: '省略できます。`scope` に `dealer_link` があれば `dealer_link`',
  common_id: '標準にない設定',
  'common_id.brand': '画面のデザイン',
  'common_id.first_party': '自社のサービス。スコープの同意画面を省きます。販売店の同意画面は省きません',
  'common_id.required_claims': 'サービスを使う前に、お客様に入力と確認を求めるクレーム',
  'common_id.leads_to': 'お客様が向かう先のサービス。ログイン画面などに名前が出ます',
  'common_id.legacy_import': '移行元サイトの情報を引き継げます (PAR だけ)',
  'common_id.web_origins': 'サーバーのないアプリが、トークンや UserInfo を求めてよいオリジン (CORS)',
  'common_id.access_tokens': 'アクセストークンの有効期間を変えます',
  'common_id.pkce':
    '`optional`: PKCE を送れないライブラリのため。途中で盗まれた認可コードが、別のログインに使われるおそれがあります',
  'common_id.profile': '`fapi2`: FAPI 2.0 Security Profile に従います。合わない設定は断られます',
  'common_id.refresh_rotation':
    'リフレッシュトークンを使うたびに新しくします。シークレットも DPoP もないアプリでは常にそうなります',
  'common_id.claims_in_id_token': 'ID トークンだけを読むライブラリのため、UserInfo と同じクレームを入れます',
  'common_id.required_acr': 'このアプリに必要なログインの強さ',
  'common_id.enabled': '`false`: どこでも断られます',
  'common_id.contact': '問い合わせ先',
};

const T: Record<Language, { intro: string; head: string[]; fallback: string }> = {
  ja: {
    intro:
      'クライアントのファイルは `config/clients/<client id>.json` です。`npm run admin -- clients new` が書き、`clients check` が誤りを行と項目で知らせ、`clients plan` が変更の影響を示します。エディターは `config/clients.schema.json` で入力を補完します。動いている共通 ID は、数秒で読み込みます。',
    head: ['項目', '値', '省略時', '意味'],
    fallback: '文字列など',
  },
  en: {
    intro:
      'A client’s file is `config/clients/<client id>.json`. `npm run admin -- clients new` writes it, `clients check` tells every mistake with its key, and `clients plan` shows what a change would do. Editors complete it with `config/clients.schema.json`. A running common ID loads it within seconds.',
    head: ['key', 'value', 'default', 'what it is'],
    fallback: 'a text or object',
  },
};

const property = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  items: z.unknown().optional(),
});
type Property = z.output<typeof property>;
const objectSchema = z.looseObject({ properties: z.record(z.string(), property) });

/** All keys of a client's file, with those below `common_id`. */
function keys(): [string, Property][] {
  const { properties } = objectSchema.parse(jsonSchemas()['clients.schema.json']);
  const { properties: ours } = objectSchema.parse(properties['common_id']);
  return [
    ...Object.entries(properties),
    ...Object.entries(ours).map(([key, value]) => [`common_id.${key}`, value] as [string, Property]),
  ];
}

function valuesOf(schema: Property, fallback: string): string {
  const items = schema.items === undefined ? undefined : property.parse(schema.items);
  const options = schema.enum ?? items?.enum ?? [schema.const ?? items?.const].filter((value) => value !== undefined);
  if (options.length > 0) return options.map((option) => code(String(option))).join(' ');
  return schema.type === 'boolean' ? '`true` `false`' : (schema.type ?? fallback);
}

export const settings: Page = {
  name: 'settings',
  title: { ja: 'クライアントのファイル', en: 'The client’s file' },
  body(language) {
    const t = T[language];
    const rows = keys().map(([key, schema]) => [
      code(key),
      valuesOf(schema, t.fallback),
      schema.default === undefined || key === 'common_id' ? '' : code(JSON.stringify(schema.default)),
      (language === 'ja' ? JAPANESE[key] : schema.description) ?? '',
    ]);
    return [t.intro, table(t.head, rows)].join('\n\n');
  },
  missing: () =>
    withoutWords(
      'the key of a client’s file',
      keys().map(([key]) => key),
      JAPANESE,
      'settings',
    ),
};
