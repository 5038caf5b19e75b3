// docs/clients/<language>/lifetimes.md: how long things are valid, and how much a client may send. The figures are those of the program.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { policyValues } from '../../../src/config/files/policy-schema.ts';
import { FAILED_AUTHENTICATIONS } from '../../../src/oidc/endpoints/client-throttle.ts';
import { MAX_REQUEST_BYTES, MAX_STATE_BYTES, PUSHED } from '../../../src/oidc/endpoints/request-bounds.ts';
import { PROOF_WINDOW_MS } from '../../../src/http/dpop-proof.ts';
import { AUTHORIZATION_CODE_SECONDS } from '../../../src/oidc/provider-configuration.ts';
import { DEALER_TOKEN_LIFETIME_SECONDS } from '../../../src/oidc/grants/dealer-link-grant.ts';
import { storedExamples } from './examples.ts';
import { code, table, withoutWords, type Language, type Page, type Words } from './words.ts';

/** By the name of the policy value. */
const POLICY: Record<string, Words> = {
  'lifetimes.session': { ja: '共通 ID のログイン (最後に使ってから)', en: 'A sign-in at the common ID, from its last use' },
  'lifetimes.session_absolute': {
    ja: '共通 ID のログイン (パスワードの入力から、使い続けていても)',
    en: 'A sign-in at the common ID, from the entry of the password, however often it is used',
  },
  'lifetimes.interaction': {
    ja: '認可リクエストを送ってから、画面の手続きを終えるまで',
    en: 'From the authorization request to the end of the pages',
  },
  'lifetimes.access_token': {
    ja: 'アクセストークン。クライアントのファイルの `common_id.access_tokens` が優先します',
    en: 'An access token, unless `common_id.access_tokens` of the client’s file says otherwise',
  },
  'lifetimes.id_token': { ja: 'ID トークン', en: 'An ID token' },
  'lifetimes.refresh_token': {
    ja: 'リフレッシュトークン (最後に使ってから)',
    en: 'A refresh token, from its last use',
  },
  'lifetimes.refresh_grace': {
    ja: '使用済みのリフレッシュトークンで、同じ新しいトークンをもう一度受け取れる時間',
    en: 'For this long, a refresh token that was used gets the same new one again, in case the answer was lost',
  },
  'lifetimes.device_code': { ja: '機器のログインのコード', en: 'The codes of a device’s login' },
  'lifetimes.grant': { ja: 'お客様の同意', en: 'The customer’s consent' },
};

/** Of the program, in seconds. */
const fixedLifetimes = (): [seconds: number, words: Words][] => [
  [AUTHORIZATION_CODE_SECONDS, { ja: '認可コード。1 回だけ使えます', en: 'An authorization code; it counts once' }],
  [
    Number(storedExamples().pushed_response['expires_in']),
    { ja: '預けた認可リクエスト (PAR)。最初に開くまで', en: 'A pushed request, until it is first opened' },
  ],
  [
    DEALER_TOKEN_LIFETIME_SECONDS,
    { ja: '販売店の API のアクセストークン (JWT)', en: 'An access token for a dealer’s API (JWT)' },
  ],
  [PROOF_WINDOW_MS / 1000, { ja: 'DPoP の証明。1 回だけ使えます', en: 'A DPoP proof; it counts once' }],
];

type Limit = { figure: Words; words: Words };

const bytes = (count: number): Words => ({
  ja: `${count.toLocaleString('en')} バイト`,
  en: `${count.toLocaleString('en')} bytes`,
});
const rate = ({ points, windowSeconds }: { points: number; windowSeconds: number }): Words => ({
  ja: `${inWords(windowSeconds, 'ja')}に ${points.toLocaleString('en')} 回`,
  en: `${points.toLocaleString('en')} in ${inWords(windowSeconds, 'en')}`,
});

const limits = (): Limit[] => [
  {
    figure: bytes(MAX_REQUEST_BYTES),
    words: {
      ja: '認可リクエストのパラメーター全体 (`invalid_request`)',
      en: 'All parameters of an authorization request (`invalid_request`)',
    },
  },
  {
    figure: bytes(MAX_STATE_BYTES),
    words: { ja: '`state` と `nonce` のそれぞれ (`invalid_request`)', en: '`state` and `nonce`, each (`invalid_request`)' },
  },
  {
    figure: rate(FAILED_AUTHENTICATIONS),
    words: {
      ja: '1 つのアドレスからの、シークレットの誤り。超えると 429 と `Retry-After`。正しいシークレットは常に通ります',
      en: 'Wrong secrets of one client from one address; then 429 with `Retry-After`. A correct secret always passes',
    },
  },
  {
    figure: rate(PUSHED),
    words: {
      ja: 'シークレットのないクライアントが 1 つのネットワークから預けるリクエスト。超えると 429 と `Retry-After`',
      en: 'Requests that clients without a secret push from one network; then 429 with `Retry-After`',
    },
  },
];

const T: Record<
  Language,
  Record<'intro' | 'lifetimes' | 'limits' | 'retry' | 'fixed', string> & { head: string[]; limitHead: string[] }
> = {
  ja: {
    intro:
      '値は、配布時の `config/policy.json` とプログラムのものです。接続先の環境では運用者が変えていることがあります。トークンの期限は、レスポンスの `expires_in` で確かめてください。',
    lifetimes: '有効期間',
    limits: '上限',
    retry: '429 と 503 には `Retry-After` があります。その秒数だけ待って、もう一度お送りください。',
    head: ['何が', '値', '設定'],
    limitHead: ['何が', '上限'],
    fixed: '固定',
  },
  en: {
    intro:
      'The figures are those of `config/policy.json` as it is delivered, and of the program. The operator of an installation may have changed them: trust `expires_in` in responses.',
    lifetimes: 'Lifetimes',
    limits: 'Limits',
    retry: 'Responses with 429 and 503 have `Retry-After`: wait for so many seconds, and send again.',
    head: ['what', 'how long', 'setting'],
    limitHead: ['what', 'limit'],
    fixed: 'fixed',
  },
};

const UNITS: [seconds: number, ja: string, en: string][] = [
  [86_400, '日', 'day'],
  [3600, '時間', 'hour'],
  [60, '分', 'minute'],
  [1, '秒', 'second'],
];

/** @returns `30 days`, or `30 日` */
function inWords(seconds: number, language: Language): string {
  const [unit, ja, en] = UNITS.find(([length]) => seconds >= length && seconds % length === 0) ?? [1, '秒', 'second'];
  const count = seconds / unit;
  return language === 'ja' ? `${count} ${ja}` : `${count} ${en}${count === 1 ? '' : 's'}`;
}

const lifetimeNames = (): string[] =>
  policyValues()
    .map(({ path }) => path.join('.'))
    .filter((name) => name.startsWith('lifetimes.'));

const policySchema = z.object({ lifetimes: z.record(z.string(), z.number()) });

export const lifetimes: Page = {
  name: 'lifetimes',
  title: { ja: '有効期間と上限', en: 'Lifetimes and limits' },
  body(language) {
    const t = T[language];
    const { lifetimes: figures } = policySchema.parse(
      JSON.parse(readFileSync(new URL('../../../config/policy.json', import.meta.url), 'utf8')),
    );
    const rows = lifetimeNames().flatMap((name) => {
      const words = POLICY[name];
      return words ? [[words[language], inWords(figures[name.split('.')[1] ?? ''] ?? 0, language), code(name)]] : [];
    });
    const fixed = fixedLifetimes().map(([seconds, words]) => [words[language], inWords(seconds, language), t.fixed]);
    const limited = limits().map(({ figure, words }) => [words[language], figure[language]]);
    return [
      t.intro,
      `## ${t.lifetimes}`,
      table(t.head, [...rows, ...fixed]),
      `## ${t.limits}`,
      table(t.limitHead, limited),
      t.retry,
    ].join('\n\n');
  },
  missing: () => withoutWords('the lifetime', lifetimeNames(), POLICY, 'lifetimes'),
};
