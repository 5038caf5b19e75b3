// The pages of the reference apps for npm run gallery: from the running apps, on the way of one person from the login to a booking.
import { createHttpDriver } from '../../test/journeys/http-driver.ts';
import { createTraveller, WORDS } from '../../test/journeys/traveller.ts';
import { startWorld } from '../../test/support/world.ts';
import { LANGUAGES, type Language } from '../../src/language.ts';

export type AppPage = { name: string; language: Language; html: string };

/** Starts the apps, walks through them, and returns each page in every language. */
export async function appPages(): Promise<AppPage[]> {
  const world = await startWorld();
  try {
    const { ownersSite, notebook, mailbox, dealerSystem } = world.origins;
    const pages: AppPage[] = [];
    const person = createTraveller(createHttpDriver(), world);
    /** Shows the address in each language, the first one last, in which the person goes on. */
    const take = async (name: string, url = person.url()): Promise<void> => {
      for (const language of LANGUAGES.toReversed()) {
        const address = new URL(url);
        address.searchParams.set('lang', language);
        await person.open(address.href);
        pages.push({ name, language, html: person.page().text });
      }
    };
    const takeError = (name: string): void => void pages.push({ name, language: 'ja', html: person.page().text });

    await take('owners-site login', `${ownersSite}/login`);
    await person.press(WORDS.login);
    takeError('owners-site login-error');
    await take('owners-site forgotten-id', `${ownersSite}/forgotten-id`);
    await take('owners-site forgotten-password', `${ownersSite}/forgotten-password`);
    await take('owners-site reset-link-dead', `${ownersSite}/reset-password/x`);
    await person.signInAtOwnersSite('tanaka');
    await take('owners-site home', `${ownersSite}/`);
    await take('owners-site booking', `${ownersSite}/booking`);
    await take('owners-site not-found', `${ownersSite}/nowhere`);
    await take('owners-site migration', `${ownersSite}/migration`);
    await person.begin('newId');
    await person.register('tanaka@example.jp');
    await person.press(WORDS.link);
    await person.signIn(undefined, 'Kuruma-77x');
    await person.confirmRequired();
    await person.arrives();
    await take('owners-site migration-completed');
    await take('notebook start', `${notebook}/`);
    await person.open(`${notebook}/login`);
    await take('notebook home', `${notebook}/`);
    const paths = new Set(person.links().map(({ url }) => (url.startsWith(notebook) ? new URL(url).pathname : '/')));
    for (const path of paths) if (path !== '/') await take(`notebook${path.replaceAll('/', ' ')}`, `${notebook}${path}`);
    await take('dealer-system home', `${dealerSystem}/`);
    await take('mailbox messages', `${mailbox}/`);
    const [newest] = await world.messages();
    if (newest) await take('mailbox message', `${mailbox}/messages/${newest.id}`);
    return pages;
  } finally {
    await world.stop();
  }
}
