// The words of the guide, screen by screen: copied from the printed user guide (the migration guide, numbers
// ① to ⑭), not from our templates. Line breaks of the guide are left out. Its call-outs – hints printed beside a
// screen – do not belong to the screen and are not here; nor are the sentences in which the product promises more than the guide (⑭: the screen
// may be closed). Two sentences are ours, because the guide's have slips: できる at ⑤, and the building at ⑦.

export type GuideScreen = {
  headings: readonly string[];
  /** Labels of fields and boxes, and values that are shown again. */
  labels: readonly string[];
  /** Buttons and links. */
  buttons: readonly string[];
  /** Other texts of the screen. */
  texts: readonly string[];
};

/** The five steps above ⑤ to ⑨. */
const STEPS = ['アドレス登録', '認証番号の入力', '情報の登録', '入力内容確認', '共通ID取得完了'];
const REGISTRATION = 'TOYOTA/LEXUSの共通IDの取得';

export const GUIDE = {
  '01': {
    headings: ['ログイン'],
    labels: ['ユーザーID', 'パスワード', '次回からユーザーIDの入力を省略'],
    buttons: ['ログイン', 'ユーザーIDを忘れた方', 'パスワードを忘れた方'],
    texts: [
      "TOYOTA OWNER'S SITE",
      'パスワードの入力につきましては、I(大文字のアイ)とl(小文字のエル)等お間違えないようご入力ください。',
      'セキュリティ保持のため、手元に控えていただくか、ご自分で覚えていただくことをお勧めします。',
      'このページでご入力いただいた情報は、SSLで保護され送信されます。',
    ],
  },
  '02': {
    headings: ['トップページ', '重要なお知らせ', "What's new"],
    labels: [],
    buttons: ['入庫予約', 'ホーム', 'ログアウト', '詳細はこちら', 'ほかのお知らせを見る'],
    texts: ['トヨタオーナーズサイトはより便利な新サービスに移行します', 'ようこそ', '様へのお知らせ'],
  },
  '03': {
    headings: ['TOYOTA/LEXUSの共通IDをお持ちでない方はこちら', 'TOYOTA/LEXUSの共通IDをお持ちの方はこちら'],
    labels: [],
    buttons: ['新たにTOYOTA/LEXUSの共通IDを取得する', 'すでにお持ちのTOYOTA/LEXUSの共通IDでログイン'],
    texts: [
      'トヨタオーナーズサイトはさらに進化した整備手帳サービスに移行します。',
      '整備手帳サービスのご利用にはTOYOTA/LEXUSの共通IDが必要になります。',
    ],
  },
  '04': {
    headings: ['TOYOTA/LEXUSの共通IDについて', 'ご利用いただける主なサービス'],
    labels: ['利用規約に同意する。'],
    buttons: ['TOYOTA/LEXUSの共通ID利用規約', '会員登録(無料)する'],
    texts: [
      'トヨタのクルマをお持ちの方も、そうでない方も。',
      'トヨタの様々なサービスを1つのIDでご利用いただけます。',
      'TOYOTA',
      'LEXUS',
      'Toyota Safety Connect',
      'GAZOO',
      'my route',
      'TOYOTA SHARE',
      'T-Cスマホナビ',
      'MyTOYOTA for T-Connect',
    ],
  },
  '05': {
    headings: ['メールアドレスの入力'],
    labels: [],
    buttons: ['上記のメールアドレスに認証番号を送信'],
    texts: [
      REGISTRATION,
      ...STEPS,
      'TOYOTA/LEXUSの共通IDはメールアドレスがログインIDとなります。',
      'ご本人さま確認のため、まずメールアドレスをご登録いただきます。',
      'ご入力いただいたメールアドレスに認証番号を送信いたしますのでメールをご確認ください。',
      '※迷惑メール対策設定をされている場合、「id.toyota.jp」「id.lexus.jp」からのメールを受信できるように設定ください。',
    ],
  },
  '06': {
    headings: [],
    labels: [],
    buttons: ['番号を再送する', '次へ'],
    texts: [REGISTRATION, ...STEPS, '認証番号を送信しました', 'メールアドレスに送信された認証番号をご入力ください。'],
  },
  '07': {
    headings: ['ログイン情報の登録', 'パスワード入力の際の注意事項', '住所'],
    labels: ['パスワード', '携帯電話番号', '都道府県', '市区町村名', '丁目番地', '建物名'],
    buttons: ['確認'],
    texts: [
      REGISTRATION,
      ...STEPS,
      'メールアドレスの確認が完了しました',
      '続いてログイン情報の設定を行ってください。',
      '8～20文字で作成してください。',
      '使用可能文字は、半角英数、一部の記号(*)となります。',
      '安全性を高めるために、パスワードは必ず半角数字と半角英字の両方を使用してください。(※一部の記号は任意)',
      '情報セキュリティのため、他人に推測されにくいパスワードを選び、定期的(3ヶ月目安)に変更してください。',
      '※「-」、「*」、「_」、「!」、「#」、「$」、「%」',
      'マンション・アパートの方は、建物名と部屋番号もご入力ください。',
    ],
  },
  '08': {
    headings: ['入力内容の確認', 'ログイン情報'],
    labels: ['メールアドレス', 'パスワード'],
    buttons: ['登録', '戻る'],
    texts: [REGISTRATION, ...STEPS, 'ご入力いただいた内容にお間違いがないか、ご確認ください。'],
  },
  '09': {
    headings: ['共通ID取得が完了しました'],
    labels: ['ID（メールアドレス）'],
    buttons: ['次へ'],
    texts: [REGISTRATION, ...STEPS, '引き続き、ご利用されるサービスに必要な情報をご登録ください'],
  },
  '10': {
    headings: ['TOYOTA/LEXUSの共通IDと販売店との連携', '連携する販売店', 'MyTOYOTA (toyota.jpお客様専用ページ)'],
    labels: [],
    buttons: ['戻る', '上記販売店と連携する'],
    texts: [
      '下記の販売店とお客様のアカウント情報を連携します。',
      'TOYOTA/LEXUSの共通IDと販売店情報を連携すると、より便利な下記サービスがご利用いただけます。',
      'オンラインで販売店とカンタン商談（販売店オンラインサービス）',
      '月々払いのお見積りや販売店おすすめプランのご提案',
      'ご注意1.',
      '当社は、お客様に「販売店オンラインサービス」をより便利にご利用いただけるようにする目的で、トヨタ自動車に下記の情報を提供させていただきます。',
      '氏名、住所、電話番号、Eメールアドレスなど当社で預かりするお客様の基本的な個人情報',
      '見積書や注文書など当社との契約に関する情報',
      '車両購入履歴や車両整備履歴など当社のお取引に関する情報',
      'ご注意2.',
      '当社は、お客様に適切なご提案をさせていただく目的で、トヨタ自動車から下記の情報を取得させていただきます。',
      'お客様がトヨタ自動車関連サイトから実施した「カタログ請求」「試乗予約」「入庫予約」「お問い合わせ」等のご依頼に関する情報',
      'お客様がトヨタ自動車関連サイト上で、どのようなページ、コンテンツをご覧になったかといった、クッキー(cookie)を用いて取得するサイト閲覧情報',
      'お客様がTOYOTA/LEXUSの共通IDを通じて利用されているサービスのご利用状況',
    ],
  },
  login: {
    headings: ['TOYOTA/LEXUSの共通IDでログイン'],
    labels: ['ID（メールアドレスまたは携帯電話番号）', 'パスワード'],
    buttons: ['新たにTOYOTA/LEXUSの共通IDを取得する', 'プライバシー', '利用規約'],
    texts: ['※携帯電話番号をIDとして利用する場合は、会員情報の編集ページから設定を行ってください。'],
  },
  '11': {
    headings: ['ご利用されるサービスに必要な情報の確認', 'お客様情報の編集'],
    labels: ['生年月日', '年', '月', '日'],
    buttons: ['確認'],
    // The guide's service is TOYOTA.JP（購入サポート）; here it is the person's own one.
    texts: [
      'をご利用頂くには、下記項目のご登録が必要です。全ての項目にご入力頂くと共に、登録済みの内容も最新の情報であることをご確認頂いた上で、',
      '西暦',
    ],
  },
  '12': {
    headings: ['ご利用されるサービスに必須となる情報の確認', 'お客様情報'],
    labels: ['生年月日'],
    buttons: ['登録', 'お客様情報の編集に戻る'],
    // The guide's own example is 西暦1995年12月25日.
    texts: ['西暦'],
  },
  '13': {
    headings: ['情報の更新が完了しました'],
    labels: [],
    buttons: ['次へ'],
    texts: ['ご利用されるサービスに必要な情報の確認', '引き続き、ご利用されるサービスに必要な情報をご登録ください'],
  },
  '14': {
    headings: ['販売店連携情報を作成中です。'],
    labels: [],
    buttons: ['自動で遷移しない場合はこちら'],
    texts: [
      '作成後(3秒以内)に自動で遷移します。',
      '自動で遷移しない場合、「自動で遷移しない場合はこちら」ボタンを押してください。',
    ],
  },
  end: {
    headings: ['引き続き利用される方はこちら', 'アプリをダウンロードされる方はこちら'],
    labels: [],
    buttons: ['整備手帳WEBサイトへのログインはこちら', 'Google Play'],
    texts: [
      'TOYOTA/LEXUS共通IDへの移行が完了しました。',
      'トヨタオーナーズサイトのご利用ありがとうございました。',
      '引き続き整備手帳サービスをご利用ください。',
    ],
  },
} as const satisfies Record<string, GuideScreen>;

export type ScreenId = keyof typeof GUIDE;
