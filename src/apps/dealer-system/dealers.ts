// The dealers that this back office serves.

export type Dealer = {
  code: string;
  name: { ja: string; en: string };
  /** 都道府県. */
  prefecture: string;
  brand: 'toyota' | 'lexus';
};

export const DEALERS: readonly Dealer[] = [
  {
    code: 'aichi-toyota',
    name: { ja: '愛知トヨタ自動車株式会社', en: 'Aichi Toyota Motor Co., Ltd.' },
    prefecture: '愛知県',
    brand: 'toyota',
  },
  {
    code: 'tokyo-toyota',
    name: { ja: '東京トヨタ自動車株式会社', en: 'Tokyo Toyota Motor Co., Ltd.' },
    prefecture: '東京都',
    brand: 'toyota',
  },
  {
    code: 'osaka-toyota',
    name: { ja: '大阪トヨタ自動車株式会社', en: 'Osaka Toyota Motor Co., Ltd.' },
    prefecture: '大阪府',
    brand: 'toyota',
  },
  {
    code: 'kanagawa-toyota',
    name: { ja: '神奈川トヨタ自動車株式会社', en: 'Kanagawa Toyota Motor Co., Ltd.' },
    prefecture: '神奈川県',
    brand: 'toyota',
  },
  {
    code: 'fukuoka-toyota',
    name: { ja: '福岡トヨタ自動車株式会社', en: 'Fukuoka Toyota Motor Co., Ltd.' },
    prefecture: '福岡県',
    brand: 'toyota',
  },
  { code: 'lexus-hoshigaoka', name: { ja: 'レクサス星が丘', en: 'Lexus Hoshigaoka' }, prefecture: '愛知県', brand: 'lexus' },
  { code: 'lexus-takanawa', name: { ja: 'レクサス高輪', en: 'Lexus Takanawa' }, prefecture: '東京都', brand: 'lexus' },
];

/** Finds a dealer by its code. */
export function findDealer(code: string | undefined): Dealer | undefined {
  return DEALERS.find((dealer) => dealer.code === code);
}
