// E-mail addresses: what is accepted, where mail goes, and under which key an address is unique.
import { domainToASCII, domainToUnicode } from 'node:url';
import { hasInvisibleCharacters } from './invisible-characters.ts';

export type ParsedEmail =
  | {
      ok: true;
      /** Mail goes to exactly this string: the local part as typed, an international domain in its ASCII form. */
      email: string;
      /** All lower-case. Two addresses are one if and only if these are equal. */
      canonical: string;
    }
  | { ok: false; reason: 'missing' | 'syntax' | 'characters' | 'too_long' };

// RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3 (the path's 256 less its angle brackets), in octets.
const MAX_LOCAL_PART = 64;
const MAX_ADDRESS = 254;
// Nothing of this length can become an address; the expressions below need not look at it.
const MAX_INPUT = 1000;

// The dot-atom of RFC 5321, section 4.1.2. Quoted local parts are allowed there and refused here: `"a@evil.example x"@toyota.jp` is
// read differently by different programs on the way. So are comments, groups and lists, which need characters not in here.
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
// What `domainToASCII` may be given: it parses a URL's host, and would decode `%2e` and cut at a slash.
const DOMAIN_CHARACTERS = /^[a-z0-9.\-\u0080-\u{10FFFF}]+$/iu;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

// Unicode Technical Standard 39, section 5.2, "highly restrictive", for each label: one script, or one of the three mixtures that
// people write. A Cyrillic а among Latin letters is none of these.
const LABEL_SCRIPTS = [
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\d-]+$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Bopomofo}\d-]+$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hangul}\d-]+$/u,
  ...[
    'Cyrillic',
    'Greek',
    'Arabic',
    'Hebrew',
    'Thai',
    'Devanagari',
    'Armenian',
    'Georgian',
    'Bengali',
    'Tamil',
    'Lao',
    'Khmer',
  ].map((script) => new RegExp(`^[\\p{scx=${script}}\\d-]+$`, 'u')),
];

/**
 * Reads an e-mail address as a person types it. Full-width characters become half-width, spaces around it and the root dot of the
 * domain go; nothing else is repaired. Local parts outside ASCII (RFC 6531) are refused: hardly anybody has one, and letters that fold
 * into ASCII are how one account is mistaken for another. So are the dots that some old carrier addresses have where RFC 5321 allows
 * none: no other program would take them as `email` claim.
 */
export function parseEmail(input: string): ParsedEmail {
  if (input.length > MAX_INPUT) return { ok: false, reason: 'too_long' };
  const typed = foldFullWidth(input.replace(/^[ \t\u00A0\u3000]+|[ \t\u00A0\u3000]+$/g, ''));
  if (typed === '') return { ok: false, reason: 'missing' };
  if (hasInvisibleCharacters(typed) || foldsIntoAscii(typed)) return { ok: false, reason: 'characters' };

  const at = typed.lastIndexOf('@');
  const local = typed.slice(0, at);
  const domain = typed
    .slice(at + 1)
    .replace(/[。｡]/g, '.')
    .replace(/\.$/, '');
  if (at < 1 || domain === '') return { ok: false, reason: 'syntax' };
  if (/\P{ASCII}/u.test(local)) return { ok: false, reason: 'characters' };

  const ascii = asciiDomain(domain);
  if (!ascii.ok) return ascii;
  const email = `${local}@${/\P{ASCII}/u.test(domain) ? ascii.domain : domain}`;
  if (local.length > MAX_LOCAL_PART || email.length > MAX_ADDRESS) return { ok: false, reason: 'too_long' };
  if (!LOCAL_PART.test(local)) return { ok: false, reason: 'syntax' };
  return { ok: true, email, canonical: `${local.toLowerCase()}@${ascii.domain}` };
}

const DOMAINS_WITHOUT_DOTS = new Set(['gmail.com', 'googlemail.com']);

/**
 * The mailbox that an address reaches, as a key for counting only: without a tag (`name+tag@`, RFC 5233), and at Gmail without dots.
 * Elsewhere two addresses that differ in them may be two people: they share a count, never an account.
 * @param canonical see `parseEmail`
 */
export function mailboxOf(canonical: string): string {
  const at = canonical.lastIndexOf('@');
  const [local, domain] = [canonical.slice(0, at), canonical.slice(at + 1)];
  // `+tag@…` has no name before the tag, so it is kept whole.
  const untagged = local.replace(/(?!^)\+.*$/, '');
  return DOMAINS_WITHOUT_DOTS.has(domain) ? `${untagged.replaceAll('.', '')}@gmail.com` : `${untagged}@${domain}`;
}

/** Full-width ASCII (U+FF01 to U+FF5E) to ASCII. Not NFKC, which would also take the Kelvin sign for a K and ⅷ for viii. */
function foldFullWidth(text: string): string {
  return text.replace(/[\uFF01-\uFF5E]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));
}

/** Whether a character outside ASCII would become ASCII somewhere on the way (K, ſ, ℡, ﬁ). 。 and ｡ are dots of a domain and no such case. */
function foldsIntoAscii(text: string): boolean {
  return Array.from(text).some((character) => /\P{ASCII}/u.test(character) && /\p{ASCII}/u.test(character.normalize('NFKC')));
}

function asciiDomain(domain: string): { ok: true; domain: string } | { ok: false; reason: 'syntax' | 'characters' | 'too_long' } {
  if (!DOMAIN_CHARACTERS.test(domain)) return { ok: false, reason: 'syntax' };
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  // At least two labels, and the last no number: an address of the Internet Protocol is no domain (`0x7f.1` is 127.0.0.1 by now).
  if (labels.length < 2 || !/[a-z]/.test(labels.at(-1) ?? '')) return { ok: false, reason: 'syntax' };
  if (labels.some((label) => label.length > 63)) return { ok: false, reason: 'too_long' };
  if (!labels.every((label) => LABEL.test(label))) return { ok: false, reason: 'syntax' };

  // Looked at in Unicode, so that a homoglyph is found in its `xn--` form too.
  const unicode = domainToUnicode(ascii);
  const unicodeLabels = unicode.split('.');
  // A label that stays `xn--` is no Punycode.
  if (domainToASCII(unicode) !== ascii || unicodeLabels.some((label) => label.startsWith('xn--')))
    return { ok: false, reason: 'syntax' };
  if (!unicodeLabels.every((label) => LABEL_SCRIPTS.some((scripts) => scripts.test(label))))
    return { ok: false, reason: 'characters' };
  return { ok: true, domain: ascii };
}
