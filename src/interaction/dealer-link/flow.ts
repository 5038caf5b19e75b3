// ⑩: finds dealers, and records the consent with its exact text.
import { createHash } from 'node:crypto';
import type { Client, Dealer } from '../../config/config.ts';
import { RECEIVED_DATA, SHARED_DATA, type DealerConsent } from '../../domain/dealer-link.ts';
import type { Language } from '../../language.ts';
import type { Translate } from '../../http/translator.ts';

/** The texts of the consent page, in page order. A change of any text makes a different consent. */
const DISCLOSURE_KEYS = [
  'intro',
  'benefits_heading',
  'benefits_1',
  'benefits_2',
  'gives_heading',
  'gives_intro',
  'gives_1',
  'gives_2',
  'gives_3',
  'gets_heading',
  'gets_intro',
  'gets_1',
  'gets_2',
  'gets_3',
  'who',
];

/** Returns the text of the page about this dealer, one paragraph a line. */
export function disclosureOf(dealer: Dealer, language: Language, t: Translate): string {
  return [dealer.name[language], ...DISCLOSURE_KEYS.map((key) => t(`dealer_link.disclosure.${key}`))].join('\n');
}

/** Makes the consent that the button gives: to the exact text on the page, for this dealer, through this client. */
export function consentTo(dealer: Dealer, client: Client, language: Language, t: Translate, now: number): DealerConsent {
  const text = disclosureOf(dealer, language, t);
  return {
    text: { version: t('dealer_link.disclosure.version'), language, sha256: createHash('sha256').update(text).digest('hex') },
    share: [...SHARED_DATA],
    receive: [...RECEIVED_DATA],
    given_at: now,
    client_id: client.metadata.client_id,
  };
}

/** Finds the dealers of a prefecture whose names contain all typed words. Dealers of the client's brand come first. */
export function findDealers(dealers: readonly Dealer[], prefecture: string, name: string, brand: Dealer['brand']): Dealer[] {
  const fold = (text: string): string => text.normalize('NFKC').toLowerCase();
  const words = fold(name).split(/\s+/).filter(Boolean);
  const fits = (dealer: Dealer): boolean => {
    const names = fold(`${dealer.name.ja} ${dealer.name.en}`);
    return (prefecture === '' || dealer.prefecture === prefecture) && words.every((word) => names.includes(word));
  };
  return dealers.filter(fits).toSorted((a, b) => Number(b.brand === brand) - Number(a.brand === brand));
}
