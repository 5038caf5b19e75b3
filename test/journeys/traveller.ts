// A person in the migration who does what each page asks, by its words.
import { TYPED_PROFILE } from '../support/typed-profile.ts';
import type { World } from '../support/world.ts';
import type { Driver } from './driver.ts';

/** The words of buttons and links. */
export const WORDS = {
  newId: '新たにTOYOTA/LEXUSの共通IDを取得する',
  hasId: 'すでにお持ちのTOYOTA/LEXUSの共通IDでログイン',
  goOn: '手続きを続ける',
  register: '会員登録(無料)する',
  sendCode: '認証番号を送信',
  next: '次へ',
  confirm: /^確認$/,
  write: /^登録$/,
  link: '上記販売店と連携する',
  withoutDealer: '連携せずに進む',
  login: /^ログイン$/,
  startAgain: '移行の手続きをもう一度はじめる',
} as const;

/** The first words of the screens' headings. */
export const HEADINGS = {
  about: 'TOYOTA/LEXUSの共通IDについて',
  email: 'メールアドレスの入力',
  code: '認証番号の入力',
  profile: '情報の登録',
  confirm: '入力内容の確認',
  complete: '共通ID取得が完了しました',
  dealer: 'TOYOTA/LEXUSの共通IDと販売店との連携',
  findDealer: '連携する販売店を選ぶ',
  login: 'TOYOTA/LEXUSの共通IDでログイン',
  continueAs: 'ログイン中のIDで続けますか',
  required: 'ご利用されるサービスに必要な情報の確認',
  requiredConfirm: 'ご利用されるサービスに必須となる情報の確認',
  requiredDone: '情報の更新が完了しました',
  finalize: '販売店連携情報を作成中です。',
  finalizeWithoutDealer: '移行の手続きを完了しています。',
  end: '移行が完了しました',
  cancelled: '移行の手続きを中止しました',
  alreadyLinked: '移行済みのユーザーIDです',
  otherPerson: 'ご本人の共通IDか、ご確認ください',
  expired: '画面の有効期限が切れました',
} as const;
export type Screen = keyof typeof HEADINGS;

export const OWNERS_PASSWORD = 'owners-2026';
export const DEMO_PASSWORD = 'Common-2026';
export const NEW_PASSWORD = 'Kuruma-77x';

/** The input for empty fields of ⑦. */
const { region: _, ...TYPED } = TYPED_PROFILE;
const OF_A_PERSON: Record<string, string> = {
  ...TYPED,
  family_name: '鈴木',
  given_name: '花子',
  family_name_kana: 'スズキ',
  given_name_kana: 'ハナコ',
  phone_number: '090-1234-5678',
  postal_code: '104-0061',
  locality: '中央区',
  street_address: '銀座1-2-3',
};

export type Traveller<D extends Driver = Driver> = D & {
  /** @throws if the page has another heading */
  isAt(screen: Screen): Promise<void>;
  /** ① */
  signInAtOwnersSite(user: string): Promise<void>;
  /** ③ and one of its two buttons. */
  begin(way: 'newId' | 'hasId'): Promise<void>;
  /** The banner's button, on ②. */
  continueFromBanner(): Promise<void>;
  agree(): Promise<void>;
  askForCode(email?: string): Promise<void>;
  typeCode(email: string): Promise<void>;
  /** Fills in the empty fields of ⑦. */
  fillProfile(): Promise<void>;
  /** From ④ to ⑨, and on from there. */
  register(email: string): Promise<void>;
  signIn(id: string | undefined, password: string): Promise<void>;
  /** Fills in the empty fields of ⑪. */
  fillRequired(): Promise<void>;
  /** ⑪ to ⑬. */
  confirmRequired(): Promise<void>;
  /** Waits for the end page. */
  arrives(): Promise<void>;
  anotherTab(): Promise<Traveller<D>>;
};

export function createTraveller<D extends Driver>(driver: D, world: World): Traveller<D> {
  const { ownersSite } = world.origins;
  const traveller: Traveller<D> = {
    ...driver,
    async isAt(screen) {
      const heading = await driver.heading();
      if (heading.startsWith(HEADINGS[screen])) return;
      throw new Error(`expected ${screen}, and it is «${heading}» at ${driver.url()}:\n${(await driver.text()).slice(0, 600)}`);
    },
    async signInAtOwnersSite(user) {
      await driver.open(`${ownersSite}/login`);
      // Still signed in.
      if ((await driver.value('user_id')) === undefined) return;
      await driver.fill('user_id', user);
      await driver.fill('password', OWNERS_PASSWORD);
      await driver.press(WORDS.login);
    },
    async begin(way) {
      await driver.open(`${ownersSite}/migration`);
      await driver.press(WORDS[way]);
    },
    async continueFromBanner() {
      await driver.open(`${ownersSite}/`);
      await driver.press(WORDS.goOn);
    },
    async agree() {
      await traveller.isAt('about');
      await driver.tick('terms');
      await driver.press(WORDS.register);
    },
    async askForCode(email) {
      await traveller.isAt('email');
      if (email !== undefined) await driver.fill('email', email);
      await driver.press(WORDS.sendCode);
    },
    async typeCode(email) {
      await traveller.isAt('code');
      await driver.fill('code', await codeFor(world, email));
      await driver.press(WORDS.next);
    },
    async fillProfile() {
      await traveller.isAt('profile');
      await driver.fill('password', NEW_PASSWORD);
      for (const [field, text] of Object.entries(OF_A_PERSON)) {
        if (!(await driver.value(field))) await driver.fill(field, text);
      }
      if (!(await driver.value('region'))) await driver.choose('region', '東京都');
    },
    async register(email) {
      await traveller.agree();
      await traveller.askForCode(email);
      await traveller.typeCode(email);
      await traveller.fillProfile();
      await driver.press(WORDS.confirm);
      await traveller.isAt('confirm');
      await driver.press(WORDS.write);
      await traveller.isAt('complete');
      await driver.press(WORDS.next);
    },
    async signIn(id, password) {
      await traveller.isAt('login');
      if (id !== undefined) await driver.fill('login_id', id);
      await driver.fill('password', password);
      await driver.press(WORDS.login);
    },
    async fillRequired() {
      await traveller.isAt('required');
      if (await driver.value('birthdate_year')) return;
      await driver.fill('birthdate_year', '1995');
      await driver.fill('birthdate_month', '12');
      await driver.fill('birthdate_day', '25');
    },
    async confirmRequired() {
      await traveller.fillRequired();
      await driver.press(WORDS.confirm);
      await traveller.isAt('requiredConfirm');
      await driver.press(WORDS.write);
      await traveller.isAt('requiredDone');
      await driver.press(WORDS.next);
    },
    async arrives() {
      await driver.arrivesAt(ownersSite);
      await traveller.isAt('end');
    },
    anotherTab: async () => createTraveller((await driver.newTab()) as D, world),
  };
  return traveller;
}

/** Returns the code in the newest mail to an address; waits for a mail with a code, as `nextMessage` does. */
export async function codeFor(world: World, email: string, after?: number, withinMs?: number): Promise<string> {
  const { text } = await world.nextMessage(email, after, withinMs);
  const code = /\b\d{6}\b/.exec(text)?.[0];
  if (code === undefined) throw new Error(`no code in the mail to ${email}: ${text}`);
  return code;
}
