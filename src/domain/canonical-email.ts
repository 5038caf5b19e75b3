// E-mail addresses: which ones are accepted, and the canonical form by which an address is unique.
import { domainToASCII, domainToUnicode } from 'node:url';
import { hasInvisibleCharacters } from './invisible-characters.ts';

export type ParsedEmail =
  | {
      ok: true;
      /** Mail goes to exactly this string: the local part as typed, an international domain in its ASCII form. */
      email: string;
      /** All lower-case. Two addresses are the same if and only if these are equal. */
      canonical: string;
    }
  | { ok: false; reason: 'missing' | 'syntax' | 'dots' | 'characters' | 'too_long' };

// RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3 (the path's 256 less its angle brackets), in octets.
const MAX_LOCAL_PART = 64;
const MAX_ADDRESS = 254;
// A longer input cannot be an address. Checked first, so that the regular expressions below never run on it.
const MAX_INPUT = 1000;

// The dot-atom of RFC 5321, section 4.1.2. Quoted local parts are allowed there and refused here: `"a@evil.example x"@toyota.jp`
// is parsed differently by different mail software. Comments, groups and lists need other characters, so they are refused too.
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
// The dots that RFC 5321 allows only in quotes: two in a row, or one before the @.
const LOCAL_PART_WITH_DOTS = /^[a-z0-9!#$%&'*+/=?^_`{|}~-][a-z0-9!#$%&'*+/=?^_`{|}~.-]*$/i;
/** These carriers gave out such addresses. */
const DOMAINS_WITH_DOTS = new Set(['docomo.ne.jp', 'ezweb.ne.jp', 'au.com']);
// The only characters passed to `domainToASCII`. It parses a URL's host, so it would decode `%2e` and cut at a slash.
const DOMAIN_CHARACTERS = /^[a-z0-9.\-\u0080-\u{10FFFF}]+$/iu;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

// Unicode Technical Standard 39, section 5.2, "highly restrictive", for each label: one script, or one of three common mixtures.
// This refuses a Cyrillic а among Latin letters.
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
 * Parses an e-mail address as a person types it. Full-width characters become half-width, and spaces around the address and the
 * root dot of the domain are removed; nothing else is repaired. Local parts outside ASCII (RFC 6531) are refused: they are rare,
 * and letters that fold into ASCII let one account pass for another. Two dots in a row and a dot before the @ are accepted for the carriers
 * that gave out such addresses, also in quotes (`addrSpec`), and refused as `dots` for all other domains.
 */
export function parseEmail(input: string): ParsedEmail {
  if (input.length > MAX_INPUT) return { ok: false, reason: 'too_long' };
  const typed = foldFullWidth(input.replace(/^[ \t\u00A0\u3000]+|[ \t\u00A0\u3000]+$/g, ''));
  if (typed === '') return { ok: false, reason: 'missing' };
  if (hasInvisibleCharacters(typed) || foldsIntoAscii(typed)) return { ok: false, reason: 'characters' };

  const at = typed.lastIndexOf('@');
  const given = typed.slice(0, at);
  const domain = typed
    .slice(at + 1)
    .replace(/[。｡]/g, '.')
    .replace(/\.$/, '');
  if (at < 1 || domain === '') return { ok: false, reason: 'syntax' };
  if (/\P{ASCII}/u.test(given)) return { ok: false, reason: 'characters' };

  const ascii = asciiDomain(domain);
  if (!ascii.ok) return ascii;
  const dotted = localPartWithDots(given);
  const local = dotted ?? given;
  const email = `${local}@${/\P{ASCII}/u.test(domain) ? ascii.domain : domain}`;
  if (local.length > MAX_LOCAL_PART || email.length > MAX_ADDRESS) return { ok: false, reason: 'too_long' };
  if (dotted !== undefined) {
    if (!DOMAINS_WITH_DOTS.has(ascii.domain)) return { ok: false, reason: 'dots' };
  } else if (!LOCAL_PART.test(local)) return { ok: false, reason: 'syntax' };
  return { ok: true, email, canonical: `${local.toLowerCase()}@${ascii.domain}` };
}

/** Returns the local part, without its quotes, if only its dots do not conform to RFC 5321. */
function localPartWithDots(given: string): string | undefined {
  const local = /^"(.*)"$/.exec(given)?.[1] ?? given;
  return LOCAL_PART_WITH_DOTS.test(local) && !LOCAL_PART.test(local) ? local : undefined;
}

/**
 * Returns an address in the syntax of other software (addr-spec, RFC 5322 section 3.4.1), which OpenID Connect Core 5.1 demands of the
 * claim `email`: `"taro..t"@docomo.ne.jp`. Other addresses are returned unchanged. nodemailer does the same for a mail.
 * @param email see `parseEmail`
 */
export function addrSpec(email: string): string {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  return LOCAL_PART.test(local) ? email : `"${local}"${email.slice(at)}`;
}

const DOMAINS_WITHOUT_DOTS = new Set(['gmail.com', 'googlemail.com']);

/**
 * Returns a key for the mailbox of an address, for rate limits only. It has no tag (`name+tag@`, RFC 5233), and no dots at Gmail.
 * At other providers such addresses may belong to different people: they share a counter, never an account.
 * A telephone number is its own key.
 * @param canonical see `parseEmail`, or E.164
 */
export function mailboxOf(canonical: string): string {
  const at = canonical.lastIndexOf('@');
  if (at === -1) return canonical;
  const [local, domain] = [canonical.slice(0, at), canonical.slice(at + 1)];
  // `+tag@…` has no name before the tag, so it is kept whole.
  const untagged = local.replace(/(?!^)\+.*$/, '');
  return DOMAINS_WITHOUT_DOTS.has(domain) ? `${untagged.replaceAll('.', '')}@gmail.com` : `${untagged}@${domain}`;
}

/** Converts full-width ASCII (U+FF01 to U+FF5E) to ASCII. NFKC would also turn the Kelvin sign into K and ⅷ into viii. */
function foldFullWidth(text: string): string {
  return text.replace(/[\uFF01-\uFF5E]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));
}

/**
 * Whether other software could fold a non-ASCII character into ASCII (K, ſ, ℡, ﬁ). 。 and ｡ do not count: they are dots in a
 * domain.
 */
function foldsIntoAscii(text: string): boolean {
  return Array.from(text).some((character) => /\P{ASCII}/u.test(character) && /\p{ASCII}/u.test(character.normalize('NFKC')));
}

function asciiDomain(domain: string): { ok: true; domain: string } | { ok: false; reason: 'syntax' | 'characters' | 'too_long' } {
  if (!DOMAIN_CHARACTERS.test(domain)) return { ok: false, reason: 'syntax' };
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  // At least two labels, and the last one not a number, to refuse IP addresses (`domainToASCII` turns `0x7f.1` into 127.0.0.1).
  if (labels.length < 2 || !/[a-z]/.test(labels.at(-1) ?? '')) return { ok: false, reason: 'syntax' };
  if (labels.some((label) => label.length > 63)) return { ok: false, reason: 'too_long' };
  if (!labels.every((label) => LABEL.test(label))) return { ok: false, reason: 'syntax' };

  // Checked in Unicode, so that a homoglyph is also found in its `xn--` form.
  const unicode = domainToUnicode(ascii);
  const unicodeLabels = unicode.split('.');
  // A label that is still `xn--` is not valid Punycode.
  if (domainToASCII(unicode) !== ascii || unicodeLabels.some((label) => label.startsWith('xn--')))
    return { ok: false, reason: 'syntax' };
  if (!unicodeLabels.every((label) => LABEL_SCRIPTS.some((scripts) => scripts.test(label))))
    return { ok: false, reason: 'characters' };
  return { ok: true, domain: ascii };
}
