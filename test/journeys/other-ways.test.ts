// Other ways through the journey: people who have an ID, have linked it already, or are signed in – with and without JavaScript.
import { expect, it, jest } from '@jest/globals';
import { DEMO_PASSWORD, WORDS } from './traveller.ts';
import { inTwoBrowsers } from './two-browsers.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

const SAME_PERSON = '本人のIDなので、このまま移行する';

inTwoBrowsers({}, (journey) => {
  it('a taken address looks like a new one; its owner gets a mail, and signing in attaches the legacy identity', async () => {
    const { world } = journey;
    const sato = await journey.person();
    await sato.signInAtOwnersSite('sato');
    await sato.begin('newId');
    await sato.agree();
    await sato.askForCode();
    await sato.isAt('code');
    const mail = await world.nextMessage('sato@example.jp');
    expect(mail.text).toContain('sato@example.jp');
    expect(mail.text).toContain(world.origins.ownersSite);
    expect(mail.text).not.toMatch(/\b\d{6}\b/);

    await sato.press(WORDS.hasId);
    await sato.press(WORDS.link);
    await sato.signIn('sato@example.jp', DEMO_PASSWORD);
    await sato.confirmRequired();
    await sato.arrives();
    await sato.open(`${world.origins.ownersSite}/`);
    expect(await sato.text()).not.toContain('重要なお知らせ');
  });

  it('a linked legacy identity brings its person back at once; for another ID a page says so, and nothing changes', async () => {
    const { world } = journey;
    // ③ was left open in these two browsers before the migration was done in a third one.
    const [same, other, third] = [await journey.person(), await journey.person(), await journey.person()];
    for (const browser of [same, other]) {
      await browser.signInAtOwnersSite('tanaka');
      await browser.open(`${world.origins.ownersSite}/migration`);
    }
    await third.signInAtOwnersSite('tanaka');
    await third.begin('hasId');
    await third.press(WORDS.link);
    await third.signIn('sato@example.jp', DEMO_PASSWORD);
    // sato has confirmed this service's required claims before; the owners site has Tanaka's data.
    await third.isAt('otherPerson');
    await third.press(SAME_PERSON);
    await third.arrives();

    // The requested registration is skipped, because there is an ID.
    await same.press(WORDS.newId);
    await same.signIn('sato@example.jp', DEMO_PASSWORD);
    await same.arrives();

    await other.press(WORDS.hasId);
    await other.signIn('yamada@example.jp', DEMO_PASSWORD);
    await other.isAt('alreadyLinked');
    await other.press('へ戻る');
    await other.isAt('cancelled');
    await other.press(WORDS.startAgain);
    await other.isAt('end');
  });

  it('a signed-in person is asked whether to continue as that person or as another', async () => {
    const { world } = journey;
    const family = await journey.person();
    await family.open(`${world.origins.notebook}/login`);
    await family.signIn('yamada@example.jp', DEMO_PASSWORD);

    await family.signInAtOwnersSite('suzuki');
    await family.begin('hasId');
    await family.press(WORDS.link);
    await family.isAt('continueAs');
    expect(await family.text()).toContain('yamada@example.jp');
    await family.press('別のIDでログイン');
    // Back, and then continue as the first person.
    await family.isAt('login');
    await family.back();
    await family.press('このIDで続ける');
    await family.confirmRequired();
    // The owners site has Suzuki's data, the ID is Yamada's.
    await family.isAt('otherPerson');
    await family.press(SAME_PERSON);
    await family.arrives();
    expect(await family.text()).toContain('東京トヨタ自動車株式会社');
  });
});
