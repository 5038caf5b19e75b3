// Walks people through a registration at the nodes, up to a given page.
import { registrationUrl } from '../../scripts/faults/kill-in-registration.ts';
import type { Nodes } from '../../scripts/faults/fault.ts';
import { codeSlot } from '../../src/interaction/create/send-code.ts';
import { createHttpDriver } from '../journeys/http-driver.ts';
import { codeFor, createTraveller, NEW_PASSWORD } from '../journeys/traveller.ts';
import { createBrowser, type Browser } from '../support/http-browser.ts';
import { TYPED_PROFILE } from '../support/typed-profile.ts';
import { withStorage } from './with-storage.ts';

export const PROFILE: Record<string, string> = { ...TYPED_PROFILE, password: NEW_PASSWORD };

export type Visitors = {
  /** @param from an address in a new network; `slot` of the mailed code */
  atCodePage(email: string, from: string): Promise<{ browser: Browser; slot: string }>;
  /** Registered, with a link to the dealer in progress. */
  atLinkPage(email: string, from: string): Promise<{ browser: Browser; accountId: string }>;
  /** Signs in at the owners site, which requests the status of the migration. */
  seesOwnersSite(user: string): Promise<void>;
};

export function createVisitors(getNodes: () => Nodes): Visitors {
  const visitors: Visitors = {
    async atCodePage(email, from) {
      const browser = createBrowser({ from });
      await browser.open(registrationUrl(getNodes().world));
      await browser.submit('/create', { terms: 'yes' });
      await browser.submit('/create/email', { email });
      const uid = /\/interaction\/([\w-]+)\//.exec(browser.page.url)?.[1] ?? '';
      return { browser, slot: codeSlot(uid, email).id };
    },
    async atLinkPage(email, from) {
      const { browser } = await visitors.atCodePage(email, from);
      await browser.submit('/create/code', { code: await codeFor(getNodes().world, email) });
      await browser.submit('/create/profile', PROFILE);
      await browser.submit('/create/confirm');
      await browser.submit('/complete');
      await browser.submit('/dealer-link', { decision: 'link' });
      await browser.submit('/login', { password: NEW_PASSWORD });
      const account = await withStorage(getNodes(), ({ accounts }) => accounts.findByEmail(email));
      if (!account) throw new Error(`${email} is not registered, but at ${browser.page.url}`);
      return { browser, accountId: account.id };
    },
    async seesOwnersSite(user) {
      const person = createTraveller(createHttpDriver(), getNodes().world);
      await person.signInAtOwnersSite(user);
      await person.open(`${getNodes().world.origins.ownersSite}/`);
    },
  };
  return visitors;
}
