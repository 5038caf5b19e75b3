// docs/clients/<language>/claims.md: what a client is told about a customer, by scope, with whole examples of the running program.
import { PROFILE_FIELDS } from '../../../src/domain/profile-fields.ts';
import { CLAIMS_BY_SCOPE } from '../../../src/oidc/claims.ts';
import { storedExamples } from './examples.ts';
import { code, json, table, withoutWords, type Language, type Page, type Words } from './words.ts';

const SCOPES: Record<string, Words> = {
  openid: { ja: '必須。ID トークンが届きます', en: 'required: gives the ID token' },
  profile: { ja: 'お名前など', en: 'name and the like' },
  email: { ja: 'メールアドレス', en: 'mail address' },
  phone: { ja: '電話番号', en: 'telephone number' },
  address: { ja: '住所', en: 'postal address' },
  migration: { ja: '移行元サイトからの移行', en: 'migrations from legacy sites' },
  dealer_link: { ja: '販売店との連携', en: 'links with dealers' },
};

/** The claims of profile fields in Japanese. Their English is in the table of fields. */
const FIELDS_IN_JAPANESE: Record<string, string> = {
  family_name: '姓 (ご本人の表記)',
  given_name: '名 (ご本人の表記)',
  'family_name#ja-Kana-JP': '姓のフリガナ (全角カタカナ)',
  'given_name#ja-Kana-JP': '名のフリガナ (全角カタカナ)',
  birthdate: '生年月日 (`YYYY-MM-DD`)',
  gender: '性別 (`female`、`male`、`other`)',
  phone_number: '電話番号 (E.164)',
  address: '国内の住所。番地と建物名は `street_address` の行に分かれます',
};

/** The other claims. */
const OTHER_CLAIMS: Record<string, Words> = {
  sub: {
    ja: 'お客様の識別子。変わりません。お客様はメールアドレスではなく、これで見分けてください',
    en: 'The customer’s identifier. It never changes: know customers by it, not by their mail address',
  },
  name: { ja: '姓と名を空白でつないだもの', en: '`family_name` and `given_name`, with a space between them' },
  'name#ja-Kana-JP': { ja: 'フリガナの姓と名を空白でつないだもの', en: 'both in katakana, with a space between them' },
  locale: { ja: '画面とメールの言語 (`ja` か `en`)', en: 'Language of pages and mails, `ja` or `en`' },
  updated_at: { ja: '最後に変わった時刻 (1970 年からの秒数)', en: 'When the account last changed, in seconds since 1970' },
  email: {
    ja: 'ID のメールアドレス。一部の携帯電話会社の古いアドレスには引用符が付きます (`"taro..t"@docomo.ne.jp`)',
    en: 'The address of the ID. A few old addresses of Japanese carriers have quotes (`"taro..t"@docomo.ne.jp`)',
  },
  email_verified: { ja: '常に `true`', en: 'always `true`' },
  phone_number_verified: { ja: '`false`: 番号への確認はしていません', en: '`false`: nobody has called the number' },
  migration: { ja: '終わった移行、引き継いだ車両、販売店', en: 'Completed migrations, their vehicles, and the dealer' },
  dealer_links: {
    ja: 'このクライアントが知ってよい、販売店との連携',
    en: 'The customer’s links with dealers that this client app may know of',
  },
};

const fieldClaims = (): [string, Words][] =>
  Object.values(PROFILE_FIELDS).flatMap(({ claim, about }) => {
    const ja = FIELDS_IN_JAPANESE[claim.name];
    return ja === undefined ? [] : [[claim.name, { ja, en: about }]];
  });
const CLAIMS: Record<string, Words> = { ...OTHER_CLAIMS, ...Object.fromEntries(fieldClaims()) };

/** Of the ID token. */
const TOKEN_CLAIMS: Record<string, Words> = {
  iss: { ja: '発行者。ディスカバリー文書の `issuer` と一致します', en: 'The issuer, as in the discovery document' },
  sub: { ja: 'お客様の識別子', en: 'The customer’s identifier' },
  aud: { ja: 'あなたの `client_id`', en: 'Your `client_id`' },
  exp: { ja: '有効期限', en: 'The end of its validity' },
  iat: { ja: '発行時刻', en: 'When it was issued' },
  auth_time: { ja: 'お客様がパスワードを入力した時刻', en: 'When the customer entered the password' },
  nonce: { ja: 'リクエストの `nonce`。比べてください', en: 'The `nonce` of your request: compare it' },
  at_hash: { ja: 'アクセストークンのハッシュ', en: 'A hash of the access token' },
  sid: {
    ja: '共通 ID のセッション。ログアウトトークンの `sid` と同じです',
    en: 'The session at the common ID, as in logout tokens',
  },
  acr: { ja: 'ログインの強さ', en: 'How strong the sign-in was' },
  amr: { ja: 'ログインの方法 (RFC 8176)', en: 'The methods of the sign-in (RFC 8176)' },
};

/** Members of `migration`, by their path. */
const MIGRATION: Record<string, Words> = {
  completed: { ja: '終わった移行のリスト', en: 'The completed migrations' },
  'completed.client_id': { ja: '移行元サイトのクライアント ID', en: 'The client id of the legacy site' },
  'completed.legacy_id': { ja: '移行元サイトでの利用者 ID', en: 'The customer’s id at the legacy site' },
  'completed.completed_at': { ja: '終わった時刻 (ISO 8601)', en: 'When it was completed (ISO 8601)' },
  vehicles: { ja: '移行元サイトから引き継いだ車両', en: 'The vehicles that the legacy site handed over' },
  'vehicles.vin': { ja: '車台番号', en: 'Vehicle identification number' },
  'vehicles.registration_number': { ja: '登録番号 (ナンバープレート)', en: 'Number on the plate' },
  'vehicles.model': { ja: '車種', en: 'Model' },
  'vehicles.first_registered': { ja: '初度登録', en: 'First registration' },
  dealer: { ja: '移行元サイトが引き継いだ販売店', en: 'The dealer that the legacy site handed over' },
  'dealer.code': { ja: '販売店コード', en: 'Code of the dealer' },
  'dealer.name': { ja: '販売店名', en: 'Name of the dealer' },
  'dealer.name#en': { ja: '販売店名 (英語)', en: 'Name in English' },
  'dealer.resource': { ja: '販売店の API。`resource` に使います', en: 'The dealer’s API, for `resource`' },
};

/** Members of an entry of `dealer_links`. */
const DEALER_LINKS: Record<string, Words> = {
  dealer: { ja: '販売店コード', en: 'Code of the dealer' },
  dealer_name: { ja: '販売店名', en: 'Name of the dealer' },
  'dealer_name#en': { ja: '販売店名 (英語)', en: 'Name in English' },
  link_id: {
    ja: '連携の識別子。クライアント (または `sector_identifier_uri` を共有するクライアント) ごとに異なります',
    en: 'Identifier of the link. It differs for each client app, or group of client apps with one `sector_identifier_uri`',
  },
  status: {
    ja: '`pending` (販売店の受け付け待ち)、`active`、`failed`、`withdrawn` (お客様か販売店が取り消したもの)',
    en: '`pending` (waits for the dealer), `active`, `failed` or `withdrawn` (by the customer or the dealer)',
  },
  linked_at: { ja: '連携が成立した時刻 (ISO 8601)', en: 'When the dealer accepted it (ISO 8601)' },
  resource: { ja: '販売店の API。`resource` に使います', en: 'The dealer’s API, for `resource`' },
};

const T: Record<
  Language,
  Record<
    'intro' | 'scopes' | 'idToken' | 'idTokenText' | 'userinfo' | 'migration' | 'links' | 'tokens' | 'tokensText',
    string
  > & { head: string[]; members: string[] }
> = {
  ja: {
    intro:
      'UserInfo (`/me`) は、許可されたスコープのクレームを返します。お客様が入力していないものは含まれません。ID トークンには、お客様については `sub` だけが入ります。クライアントのファイルに `common_id.claims_in_id_token: true` があれば、UserInfo と同じクレームも入ります。`required_claims` にあるものは、ログインのときにお客様に尋ねます。移行元サイトは、同じ名前で `legacy_profile` に入れます。`name` しかないときは、2 語を姓と名として読みます。',
    scopes: 'スコープごとのクレーム',
    head: ['スコープ', 'クレーム', '意味', 'ファイルでの名前'],
    members: ['項目', '意味'],
    idToken: 'ID トークン',
    idTokenText: '署名、`iss`、`aud`、`exp`、`nonce` を確認してください。ほとんどのライブラリが確認します。',
    userinfo: 'UserInfo',
    migration: '`migration`',
    links: '`dealer_links`',
    tokens: 'トークンレスポンス',
    tokensText:
      '以下は、動いているプログラムから得た例です。実行ごとに変わる値は置き換えてあります。クライアントは、7 つのスコープと `offline_access` を求めました。',
  },
  en: {
    intro:
      'UserInfo (`/me`) returns the claims of the granted scopes. A claim is absent if the customer has not given it. About the customer, the ID token contains `sub` only; with `common_id.claims_in_id_token: true` in the client’s file it has the claims of UserInfo too. Customers are asked for the `required_claims` of the file when they sign in. A legacy site hands its user’s profile over in `legacy_profile`, under the same names; if it has only `name`, two words are read as family name and given name.',
    scopes: 'Claims by scope',
    head: ['scope', 'claim', 'what it is', 'name in the file'],
    members: ['member', 'what it is'],
    idToken: 'ID token',
    idTokenText: 'Check the signature, `iss`, `aud`, `exp` and `nonce`. Most libraries do.',
    userinfo: 'UserInfo',
    migration: '`migration`',
    links: '`dealer_links`',
    tokens: 'Token response',
    tokensText:
      'These are examples of the running program, in which the values of one run are replaced. The client asked for all seven scopes and `offline_access`.',
  },
};

/** The key of a claim in `required_claims`. */
const keyOf = (claim: string): string =>
  Object.entries(PROFILE_FIELDS).find(([, field]) => field.claim.name === claim)?.[0] ?? '';

/** The members of a value by their paths; those of a list are the members of its entries. */
function paths(value: unknown, before = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => paths(item, before)))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [`${before}${name}`, ...paths(member, `${before}${name}.`)]);
}

function membersTable(language: Language, value: unknown, words: Record<string, Words>): string {
  const rows = paths(value).flatMap((path) => (words[path] ? [[code(path), words[path][language]]] : []));
  return table(T[language].members, rows);
}

export const claims: Page = {
  name: 'claims',
  title: { ja: 'クレーム', en: 'Claims' },
  body(language) {
    const t = T[language];
    const { token_response: tokens, id_token: idToken, userinfo } = storedExamples();
    const rows = Object.entries<readonly string[]>(CLAIMS_BY_SCOPE).flatMap(([scope, names]) =>
      names.map((name, index) => [
        index === 0 ? `${code(scope)} ${SCOPES[scope]?.[language] ?? ''}` : '',
        code(name),
        CLAIMS[name]?.[language] ?? '',
        keyOf(name) && code(keyOf(name)),
      ]),
    );
    return [
      t.intro,
      `## ${t.scopes}`,
      table(t.head, rows),
      `## ${t.tokens}`,
      t.tokensText,
      json(tokens),
      `## ${t.idToken}`,
      t.idTokenText,
      membersTable(language, idToken.claims, TOKEN_CLAIMS),
      json(idToken),
      `## ${t.userinfo}`,
      json(userinfo),
      `### ${t.migration}`,
      membersTable(language, userinfo['migration'], MIGRATION),
      `### ${t.links}`,
      membersTable(language, userinfo['dealer_links'], DEALER_LINKS),
    ].join('\n\n');
  },
  missing() {
    const { id_token: idToken, userinfo } = storedExamples();
    return [
      ...withoutWords('the scope', Object.keys(CLAIMS_BY_SCOPE), SCOPES, 'claims'),
      ...withoutWords('the claim', Object.values(CLAIMS_BY_SCOPE).flat(), CLAIMS, 'claims'),
      ...withoutWords('the claim of ID tokens', Object.keys(idToken.claims), TOKEN_CLAIMS, 'claims'),
      ...withoutWords('the member of migration', paths(userinfo['migration']), MIGRATION, 'claims'),
      ...withoutWords('the member of dealer_links', paths(userinfo['dealer_links']), DEALER_LINKS, 'claims'),
    ];
  },
};
