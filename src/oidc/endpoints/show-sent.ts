// Shows what a client sent without what must not be kept: secrets, codes, tokens and personal data. Clients send these in wrong
// parameters too.

const LONGEST = 300;
const HIDDEN = '...';
/** Secrets, codes and tokens: longer runs of characters than names have. */
const RANDOM = /[\w-]{32,}/g;
const MAIL_ADDRESS = /[^\s'/=&?]+@[^\s'/=&?]+/g;
/** Dates too. */
const PHONE_NUMBER = /\+?\d[\d-]{8,}/g;
/** Scheme and host. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[\w.:[\]-]{1,100}(?=\/|$)/i;

/** Shortens a text, and hides what could be a secret or personal data. */
export function showText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}${HIDDEN}` : text;
  return short
    .replace(/\p{Cc}/gu, '?')
    .replace(MAIL_ADDRESS, HIDDEN)
    .replace(RANDOM, HIDDEN)
    .replace(PHONE_NUMBER, HIDDEN);
}

/**
 * Shows a URL that a client sent: without user name, values of the query, and fragment.
 * @param registered the URLs that are shown as they are
 */
export function showUrl(sent: string, registered: readonly string[] = []): string {
  if (registered.includes(sent)) return sent;
  const [url = '', ...fragment] = sent.slice(0, LONGEST).split('#');
  const [place = '', ...query] = url.replace(/\/\/[^/]*@/, '//').split('?');
  const origin = ORIGIN.exec(place)?.[0] ?? '';
  const names = query.join('?').replace(/=[^&]*/g, `=${HIDDEN}`);
  const parts = [origin, showText(place.slice(origin.length))];
  if (query.length > 0) parts.push('?', showText(names));
  if (fragment.length > 0 || sent.length > LONGEST) parts.push(fragment.length > 0 ? `#${HIDDEN}` : HIDDEN);
  return parts.join('');
}

/** Keeps to the characters of `error_description` (RFC 6749, section 5.2). */
export function asDescription(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replace(/[^\x20-\x7e]/g, '?');
}
