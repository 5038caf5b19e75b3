// The data of the legacy site reaches the dealer with every link, at any time; a booking at the notebook proves it.
// design/reality.md R1, R14.
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, jest } from '@jest/globals';
import { dealerRecords, type Told } from '../attacks/support/migration.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import { DEMO_PASSWORD, NEW_PASSWORD, WORDS, type Traveller } from './traveller.ts';
import { inWorld } from './two-browsers.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

const BOOKED = '入庫予約を受け付けました。';
const LINK_AT_NOTEBOOK = '販売店と連携する';
const COROLLA = 'JTNK43BE303500004';
const YARIS = 'JTDKW9D300D500003';
const LEXUS = 'JTHBA1D20G5000006';
const PRADO = 'JTEBR3FJ50K500005';
const PRIUS = 'JTDKB20U093500001';
const inTwoWeeks = (): string => new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);

inWorld(
  {
    clients: {
      'other-service': {
        client_name: 'Another service',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'OTHER_SERVICE_SECRET' },
        redirect_uris: ['http://127.0.0.1:9/callback'],
        scope: 'openid dealer_link',
        authorization_details_types: ['dealer_link'],
        common_id: { first_party: true, contact: 'tests' },
      },
    },
    env: { OTHER_SERVICE_SECRET: 'another-secret-0123456789abcdef0123' },
  },
  async () => createHttpDriver(),
  (journey) => {
    type Person = Traveller<HttpDriver>;
    const openDatabase = (name: string): DatabaseSync =>
      new DatabaseSync(`${journey.world.env.DATA_DIRECTORY}/${name}.sqlite`, { timeout: 5000 });

    /** The dealer's data of its customers. Each test has its own dealers. */
    const toldTo = (dealer: string): Told[] => [
      ...dealerRecords({ directory: dirname(journey.world.env.DATA_DIRECTORY ?? '') }, dealer).values(),
    ];
    const knows = async (dealer: string, vin: string): Promise<Told> =>
      untilFound(`${dealer} to know ${vin}`, async () =>
        toldTo(dealer).find(({ status, vins }) => status === 'active' && vins.includes(vin)),
      );

    /** Books a visit with this vehicle. Returns the text of the page. */
    async function book(person: Person, vin: string, note: string): Promise<string> {
      await person.open(`${journey.world.origins.notebook}/bookings`);
      const wish = { vin, menu: 'inspection', date: inTwoWeeks(), time: '11:00', note };
      for (const [field, text] of Object.entries(wish)) await person.fill(field, text);
      await person.press(/予約/);
      return person.text();
    }
    const openNotebook = async (person: Person): Promise<void> => person.open(`${journey.world.origins.notebook}/login`);

    /** The rest of the migration, from the login on. */
    async function finish(person: Person, email: string, password: string): Promise<void> {
      if ((await person.heading()).includes('でログイン')) await person.signIn(email, password);
      if ((await person.heading()).startsWith('ご利用されるサービスに必要な情報')) await person.confirmRequired();
      if ((await person.heading()).startsWith('ご本人の共通IDか')) await person.press('本人のIDなので、このまま移行する');
      await person.press('自動で遷移しない場合はこちら');
      await person.isAt('end');
    }
    /** A whole migration to a new ID. @param choice the button at ⑩ */
    async function migrate(user: string, email: string, choice: string): Promise<Person> {
      const person = await journey.person();
      await person.signInAtOwnersSite(user);
      await person.begin('newId');
      await person.register(email);
      await person.press(choice);
      await finish(person, email, NEW_PASSWORD);
      await openNotebook(person);
      return person;
    }

    it('R1 R17 linked at ⑩, then ended by the dealer and linked again with one press: the dealer knows the car, and a visit is booked each time', async () => {
      const suzuki = await migrate('suzuki', 'suzuki.r1@example.jp', WORDS.link);
      expect(await knows('tokyo-toyota', YARIS)).toMatchObject({ number: 'TT-200002', vins: [YARIS] });
      expect(await book(suzuki, YARIS, 'at the tenth screen')).toContain(BOOKED);

      // The dealer ends the link on its own page. The notebook offers it, and one press is enough.
      const { dealerSystem, notebook } = journey.world.origins;
      await journey.world.advance(2 * 60_000);
      await suzuki.open(`${dealerSystem}/`);
      const ends = suzuki
        .forms()
        .find(({ action, fields }) => action.endsWith('/withdrawals') && fields.dealer === 'tokyo-toyota');
      if (!ends) throw new Error('the dealer has no link to end');
      await suzuki.send(ends, ends.fields);
      expect(toldTo('tokyo-toyota')).toMatchObject([{ status: 'withdrawn' }]);
      await suzuki.open(`${notebook}/`);
      await suzuki.press(LINK_AT_NOTEBOOK);
      expect(suzuki.url()).toContain(notebook);
      await knows('tokyo-toyota', YARIS);
      await suzuki.open(`${notebook}/`);
      expect(await suzuki.text()).not.toContain(LINK_AT_NOTEBOOK);
      expect(await book(suzuki, YARIS, 'after one press')).toContain(BOOKED);
    });

    it('R1 skipped at ⑩ and linked later at the notebook, then with a second dealer from another service, then in a database of an older version: a visit is booked each time', async () => {
      const tanaka = await migrate('tanaka', 'tanaka.r1@example.jp', WORDS.withoutDealer);
      expect(toldTo('aichi-toyota')).toEqual([]);
      await tanaka.press(LINK_AT_NOTEBOOK);
      await tanaka.isAt('dealer');
      await tanaka.press(WORDS.link);
      await tanaka.press('自動で遷移しない場合はこちら');
      expect((await knows('aichi-toyota', PRIUS)).number).toBe('AT-100001');
      expect(await book(tanaka, PRIUS, 'later')).toContain(BOOKED);

      await askFromAnotherService(tanaka, 'fukuoka-toyota');
      await tanaka.isAt('dealer');
      await tanaka.press(WORDS.link);
      // The cars belong to the customer; the number belongs to the other dealer.
      expect(await knows('fukuoka-toyota', PRIUS)).toMatchObject({ number: null });
      expect(await book(tanaka, PRIUS, 'with two dealers')).toContain(BOOKED);

      await untilTrue('the dealers know everything', nothingFollows);
      makeLinksOld();
      const elsewhere = await journey.person();
      await openNotebook(elsewhere);
      await elsewhere.signIn('tanaka.r1@example.jp', NEW_PASSWORD);
      await knows('aichi-toyota', PRIUS);
      expect(await book(elsewhere, PRIUS, 'after the upgrade')).toContain(BOOKED);
    });

    async function askFromAnotherService(person: Person, dealer: string): Promise<void> {
      const url = new URL(`${journey.world.origins.id}/auth`);
      url.search = new URLSearchParams({
        client_id: 'other-service',
        redirect_uri: 'http://127.0.0.1:9/callback',
        response_type: 'code',
        scope: 'openid dealer_link',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        authorization_details: JSON.stringify([{ type: 'dealer_link', dealer }]),
      }).toString();
      await person.open(url.href);
    }

    function nothingFollows(): boolean {
      const id = openDatabase('common-id');
      const due = id.prepare(
        "SELECT 1 FROM jobs WHERE state = 'waiting' AND kind IN ('follow_migration', 'update_dealer_link') AND key NOT LIKE '%:later'",
      );
      const isDone = due.get() === undefined;
      id.close();
      return isDone;
    }

    /** Resets the links and the dealers' records to those of an older version, which delivered no cars with a later link. */
    function makeLinksOld(): void {
      const [id, dealers] = [openDatabase('common-id'), openDatabase('dealer-system')];
      id.exec("UPDATE dealer_links SET document = json_remove(document, '$.customer') WHERE dealer = 'aichi-toyota'");
      dealers.exec("UPDATE links SET vehicles = '[]', customer_number = NULL WHERE dealer = 'aichi-toyota'");
      id.close();
      dealers.close();
    }

    it('R1 linked before the migration is complete, withdrawn, linked again: the dealer hears of the car when the migration is final, and with the new link', async () => {
      const sato = await journey.person();
      await openNotebook(sato);
      await sato.signIn('sato@example.jp', DEMO_PASSWORD);
      await sato.press(LINK_AT_NOTEBOOK);
      await sato.isAt('findDealer');
      await sato.choose('prefecture', '大阪府');
      await sato.press('探す');
      await sato.press('この販売店を選ぶ');
      await sato.press(WORDS.link);
      await sato.press('自動で遷移しない場合はこちら');
      await untilTrue('the dealer has accepted', () => toldTo('osaka-toyota').length === 1);

      await sato.signInAtOwnersSite('sato');
      await sato.begin('hasId');
      await sato.press('このIDで続ける');
      await sato.isAt('required');
      // Handed over, and not final: no dealer is told.
      expect(toldTo('osaka-toyota')).toMatchObject([{ status: 'active', number: null, vins: [] }]);
      await finish(sato, 'sato@example.jp', DEMO_PASSWORD);
      expect(await knows('osaka-toyota', COROLLA)).toMatchObject({ number: 'OT-300003', vins: [COROLLA] });
      await openNotebook(sato);
      expect(await book(sato, COROLLA, 'linked before')).toContain(BOOKED);

      await sato.open(`${journey.world.origins.id}/account`);
      await sato.press('連携を解除する');
      await sato.press('連携を解除する');
      await untilTrue('the dealer has dropped the link', () => toldTo('osaka-toyota')[0]?.status === 'withdrawn');
      expect(toldTo('osaka-toyota')).toMatchObject([{ number: null, vins: [] }]);
      await sato.open(`${journey.world.origins.notebook}/`);
      await openNotebook(sato);
      await sato.press(LINK_AT_NOTEBOOK);
      await sato.press(WORDS.link);
      await sato.press('自動で遷移しない場合はこちら');
      expect(await knows('osaka-toyota', COROLLA)).toMatchObject({ number: 'OT-300003' });
      expect(await book(sato, COROLLA, 'linked again')).toContain(BOOKED);
    });

    /** The vehicles and notes of the visits that are booked at a dealer. */
    function visitsAt(dealer: string): unknown[] {
      const dealers = openDatabase('dealer-system');
      const visits = dealers.prepare('SELECT vin, note FROM bookings WHERE dealer = ?').all(dealer);
      dealers.close();
      return visits.map((visit) => ({ ...visit }));
    }

    it('R1 another dealer than the one of the site, chosen from the notebook after the first link has ended: the second dealer knows the car, and the visit is booked there', async () => {
      const yamada = await journey.person();
      await openNotebook(yamada);
      await yamada.signIn('yamada@example.jp', DEMO_PASSWORD);
      await knows('kanagawa-toyota', PRADO);
      await yamada.open(`${journey.world.origins.id}/account`);
      await yamada.press('連携を解除する');
      await yamada.press('連携を解除する');
      await openNotebook(yamada);
      await yamada.press(LINK_AT_NOTEBOOK);
      // ⑩ offers the dealer that the site named, and the person takes another one.
      await yamada.isAt('dealer');
      expect(await yamada.text()).toContain('神奈川トヨタ');
      await yamada.press('別の販売店を選ぶ');
      await yamada.isAt('findDealer');
      await yamada.fill('name', '高輪');
      await yamada.press('探す');
      await yamada.press('この販売店を選ぶ');
      await yamada.press(WORDS.link);
      await yamada.press('自動で遷移しない場合はこちら');
      expect(yamada.url()).toContain(journey.world.origins.notebook);
      expect((await knows('lexus-takanawa', PRADO)).vins).toEqual([PRADO]);
      expect(await book(yamada, PRADO, 'at the second dealer')).toContain(BOOKED);
      expect(visitsAt('lexus-takanawa')).toEqual([{ vin: PRADO, note: 'at the second dealer' }]);
      await yamada.open(`${journey.world.origins.notebook}/`);
      expect(await yamada.text()).toContain('レクサス高輪');
    });

    it('R1 R14 the site knows no dealer, and one is found at the notebook, with a docomo address that has two dots and one before the @: mails, dealer and booking', async () => {
      const ito = await journey.person();
      await ito.signInAtOwnersSite('ito');
      await ito.begin('newId');
      await ito.agree();
      await ito.askForCode('ito..r14.@example.jp');
      expect(await ito.text()).toContain('docomo.ne.jp、ezweb.ne.jp、au.comのものだけご利用いただけます');
      await ito.askForCode('ito..r14.@docomo.ne.jp');
      // SMTP puts the address in quotes.
      const quoted = '"ito..r14."@docomo.ne.jp';
      await ito.typeCode(quoted);
      await ito.fillProfile();
      await ito.press(WORDS.confirm);
      expect(await ito.text()).toContain('ito..r14.@docomo.ne.jp');
      await ito.press(WORDS.write);
      await ito.press(WORDS.next);
      await ito.press(WORDS.withoutDealer);
      await finish(ito, 'ito..r14.@docomo.ne.jp', NEW_PASSWORD);
      await openNotebook(ito);
      await ito.press(LINK_AT_NOTEBOOK);
      await ito.isAt('findDealer');
      await ito.fill('name', '星が丘');
      await ito.press('探す');
      await ito.press('この販売店を選ぶ');
      await ito.press(WORDS.link);
      await ito.press('自動で遷移しない場合はこちら');
      expect(await knows('lexus-hoshigaoka', LEXUS)).toMatchObject({ number: null, customer: { email: quoted } });
      expect(await book(ito, LEXUS, 'found')).toContain(BOOKED);
      const mail = (await journey.world.messages(quoted)).find(({ subject }) => subject.includes('認証番号'));
      const raw = await (await fetch(`${journey.world.origins.mailbox}/messages/${mail?.id}.eml`)).text();
      expect(raw).toMatch(/^To: <"ito\.\.r14\."@docomo\.ne\.jp>\r?$/m);
    });
  },
);
