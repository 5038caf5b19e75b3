// E-mail addresses (attacks 17, 18 and 19).
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { domainToUnicode } from 'node:url';
import { addrSpec, mailboxOf, parseEmail } from '../../src/domain/canonical-email.ts';

describe('an address has one canonical key', () => {
  test.each([
    ['spaces and capitals', ' Foo@EXAMPLE.com ', 'Foo@EXAMPLE.com', 'foo@example.com'],
    ['full width', 'ｆｏｏ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'foo@example.com', 'foo@example.com'],
    ['full-width capitals', 'ＦＯＯ＠example.com', 'FOO@example.com', 'foo@example.com'],
    ['full-width spaces around', '\u3000foo@example.com\u3000', 'foo@example.com', 'foo@example.com'],
    ['trailing dot', 'foo@example.com.', 'foo@example.com', 'foo@example.com'],
    ['subaddress kept', 'foo+toyota@example.com', 'foo+toyota@example.com', 'foo+toyota@example.com'],
    ['dots kept', 'f.o.o@gmail.com', 'f.o.o@gmail.com', 'f.o.o@gmail.com'],
    ['international domain', 'a@例え.jp', 'a@xn--r8jz45g.jp', 'a@xn--r8jz45g.jp'],
    ['its Punycode', 'a@XN--R8JZ45G.jp', 'a@XN--R8JZ45G.jp', 'a@xn--r8jz45g.jp'],
    ['ideographic full stop', 'Ａ＠例え。ＪＰ', 'A@xn--r8jz45g.jp', 'a@xn--r8jz45g.jp'],
    ['half-width katakana', 'a@ﾄﾖﾀ.jp', 'a@xn--5ckr0h.jp', 'a@xn--5ckr0h.jp'],
    ['NFC', 'a@caf\u00E9.fr', 'a@xn--caf-dma.fr', 'a@xn--caf-dma.fr'],
    ['NFD', 'a@cafe\u0301.fr', 'a@xn--caf-dma.fr', 'a@xn--caf-dma.fr'],
    ['Korean', 'a@한국.kr', 'a@xn--3e0b707e.kr', 'a@xn--3e0b707e.kr'],
    [
      'everything a dot-atom may have',
      "!#$%&'*+/=?^_`{|}~-@example.jp",
      "!#$%&'*+/=?^_`{|}~-@example.jp",
      "!#$%&'*+/=?^_`{|}~-@example.jp",
    ],
  ])('%s', (_, input, email, canonical) => {
    expect(parseEmail(input)).toEqual({ ok: true, email, canonical });
  });
});

describe('text that is not one plain address is refused', () => {
  test.each([
    ['nothing', '', 'missing'],
    ['spaces', ' \u3000 ', 'missing'],
    ['no @', 'foo', 'syntax'],
    ['no local part', '@example.jp', 'syntax'],
    ['no domain', 'foo@', 'syntax'],
    ['only a dot', 'foo@.', 'syntax'],
    ['one label', 'foo@localhost', 'syntax'],
    ['quoted local part', '"a@evil.com x"@toyota.jp', 'syntax'],
    ['quoted without need', '"foo"@example.jp', 'syntax'],
    ['comment', 'foo(comment)@example.jp', 'syntax'],
    ['group', 'team:a@example.jp;', 'syntax'],
    ['list', 'a@example.jp,b@example.jp', 'syntax'],
    ['list with semicolon', 'a@example.jp;b@example.jp', 'syntax'],
    ['two addresses', 'a@example.jp b@example.jp', 'syntax'],
    ['two @', 'a@b@example.jp', 'syntax'],
    ['display name', 'Foo <foo@example.jp>', 'syntax'],
    ['URI', 'mailto:foo@example.jp', 'syntax'],
    ['source route', '@relay.example:foo@example.jp', 'syntax'],
    ['percent in the domain', 'foo@example%2ejp', 'syntax'],
    ['slash in the domain', 'foo@example.jp/x', 'syntax'],
    ['port', 'foo@example.jp:25', 'syntax'],
    ['IPv4', 'foo@127.0.0.1', 'syntax'],
    ['IPv4 in full width', 'foo@１２７.0.0.1', 'syntax'],
    ['IPv4 in hexadecimal', 'foo@0x7f.1', 'syntax'],
    ['address literal', 'foo@[127.0.0.1]', 'syntax'],
    ['dot at the beginning', '.foo@example.jp', 'syntax'],
    ['dot at the beginning, of a carrier', '.foo@docomo.ne.jp', 'syntax'],
    ['empty label', 'foo@example..jp', 'syntax'],
    ['hyphen at the edge', 'foo@-example.jp', 'syntax'],
    ['underscore', 'foo@exam_ple.jp', 'syntax'],
    ['xn-- that is no Punycode', 'foo@xn--a.jp', 'syntax'],
    ['CR LF', 'foo@example.jp\r\nBcc: everybody@example.jp', 'characters'],
    ['LF at the end', 'foo@example.jp\n', 'characters'],
    ['NUL', 'foo\0@example.jp', 'characters'],
    ['tab inside', 'fo\to@example.jp', 'characters'],
    ['zero-width space', 'foo@exam\u200Bple.jp', 'characters'],
    ['zero-width joiner', 'fo\u200Do@example.jp', 'characters'],
    ['right-to-left override', 'foo@\u202Epj.elpmaxe', 'characters'],
    ['soft hyphen', 'foo@exam\u00ADple.jp', 'characters'],
    ['variation selector', 'foo@exam\uFE0Fple.jp', 'characters'],
    ['line separator', 'foo@example.jp\u2028x', 'characters'],
    ['lone surrogate', 'foo\uD800@example.jp', 'characters'],
    ['Kelvin sign', '\u212A@example.jp', 'characters'],
    ['Kelvin sign in the domain', 'foo@\u212Aitty.jp', 'characters'],
    ['dotless i', 'm\u0131ke@example.jp', 'characters'],
    ['long s', 'foo@\u017Foy.jp', 'characters'],
    ['ligature', 'foo@o\uFB03ce.jp', 'characters'],
    ['local part outside ASCII', '太郎@example.jp', 'characters'],
    ['Cyrillic а among Latin', 'foo@ex\u0430mple.com', 'characters'],
    ['the same in Punycode', 'foo@xn--exmple-4nf.com', 'characters'],
    ['Greek ο among Latin', 'foo@t\u03BFyota.jp', 'characters'],
    ['emoji', 'foo@💩.la', 'characters'],
    ['long local part', `${'a'.repeat(65)}@example.jp`, 'too_long'],
    ['long label', `foo@${'a'.repeat(64)}.jp`, 'too_long'],
    ['long address', `foo@${'a.'.repeat(124)}example.jp`, 'too_long'],
    ['very long', `${' '.repeat(100_000)}foo@example.jp`, 'too_long'],
  ])('%s', (_, input, reason) => {
    expect(parseEmail(input)).toEqual({ ok: false, reason });
  });
});

describe('R14 dots that RFC 5321 allows only in quotes', () => {
  const LOCALS = ['taro..t', 'taro.', 'taro..', 't...a..ro.'];
  const CARRIERS = ['docomo.ne.jp', 'ezweb.ne.jp', 'au.com'];
  const ADDRESSES = CARRIERS.flatMap((domain) => LOCALS.map((local) => [local, domain] as const));

  test.each(ADDRESSES)('%s@%s is accepted, as typed, in other letters, and in quotes', (local, domain) => {
    const address = `${local}@${domain}`;
    expect(parseEmail(address)).toEqual({ ok: true, email: address, canonical: address });
    expect(parseEmail(` ${address.toUpperCase()}.`)).toMatchObject({ ok: true, canonical: address });
    expect(addrSpec(address)).toBe(`"${local}"@${domain}`);
    expect(parseEmail(addrSpec(address))).toEqual({ ok: true, email: address, canonical: address });
  });

  test('of other domains are refused, and the reason is the dots', () => {
    for (const domain of ['example.jp', 'gmail.com', 'mail.docomo.ne.jp', 'docomo.ne.jp.example', 'xau.com', 'docomo.co.jp']) {
      for (const local of [...LOCALS, '"taro..t"']) {
        expect([domain, local, parseEmail(`${local}@${domain}`)]).toEqual([domain, local, { ok: false, reason: 'dots' }]);
      }
    }
  });

  test('do not let anything else into an address of a carrier', () => {
    for (const local of ['.taro', '..', '.', '"taro"', '"ta ro.."', '"a@b.."', '"a\\..b"', 'a..b"', '"a.."b"', 'a..b c']) {
      expect([local, parseEmail(`${local}@docomo.ne.jp`).ok]).toEqual([local, false]);
    }
    expect(parseEmail(`${'a.'.repeat(33)}@docomo.ne.jp`)).toEqual({ ok: false, reason: 'too_long' });
    expect(addrSpec('foo+bar.baz@docomo.ne.jp')).toBe('foo+bar.baz@docomo.ne.jp');
  });
});

test('the longest allowed address is accepted', () => {
  const local = 'a'.repeat(64);
  const domain = `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.jp`;
  const address = `${local}@${domain}`;
  expect(address).toHaveLength(253);
  expect(parseEmail(address)).toEqual({ ok: true, email: address, canonical: address });
});

const LOCAL = fc.stringMatching(/^[A-Za-z0-9_+-]{1,20}(\.[A-Za-z0-9_+-]{1,20})?$/);
const ADDRESS = fc
  .tuple(LOCAL, fc.constantFrom('example.jp', 'MAIL.example.co.jp', '例え.jp', 'xn--r8jz45g.jp', 'トヨタ.example'))
  .map((parts) => parts.join('@'));

describe('for any address', () => {
  test('upper case, width, spaces and a final dot make no other key', () => {
    const widen = (text: string): string =>
      text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
    fc.assert(
      fc.property(ADDRESS, (address) => {
        const parsed = parseEmail(address);
        if (!parsed.ok) throw new Error(parsed.reason);
        for (const variant of [address.toUpperCase(), address.toLowerCase(), widen(address), ` ${address} `, `${address}.`]) {
          expect(parseEmail(variant)).toMatchObject({ ok: true, canonical: parsed.canonical });
        }
      }),
    );
  });

  test('canonical text is read unchanged, and both forms give the same key', () => {
    fc.assert(
      fc.property(ADDRESS, (address) => {
        const parsed = parseEmail(address);
        if (!parsed.ok) throw new Error(parsed.reason);
        expect(parseEmail(parsed.email)).toEqual(parsed);
        expect(parseEmail(parsed.canonical)).toEqual({ ok: true, email: parsed.canonical, canonical: parsed.canonical });
        expect(parsed.email.toLowerCase()).toBe(parsed.canonical);
      }),
    );
  });
});

test('any text gets an answer, and each accepted value is one plain ASCII address', () => {
  const pieces = fc.constantFrom(
    '@',
    '.',
    'a',
    'ａ',
    '＠',
    '。',
    '例',
    'xn--',
    '-',
    '"',
    ' ',
    '\u200B',
    '\r\n',
    '\u0430',
    '\u212A',
    'jp',
    '0x7f',
    '%2e',
    ',',
    '<',
  );
  const text = fc.oneof(
    unicodeText(),
    fc.array(pieces).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseEmail(input);
      if (!parsed.ok) return;
      expect(parsed.email).toMatch(/^[!-~]+$/);
      expect(parsed.email.split('@')).toHaveLength(2);
      expect(parsed.email).not.toMatch(/[\s,;:<>()"[\]\\]/);
      expect(parsed.email.length).toBeLessThanOrEqual(254);
      expect(domainToUnicode(parsed.canonical.split('@')[1] ?? '')).not.toBe('');
    }),
    { numRuns: 2000 },
  );
});

test('no text takes long (attack 59)', () => {
  for (const text of [
    '@'.repeat(100_000),
    '.'.repeat(100_000),
    `a@${'a-'.repeat(50_000)}`,
    ' '.repeat(100_000),
    'a.'.repeat(490) + '@',
    `a@${'é'.repeat(990)}`,
  ]) {
    // Take the fastest of three runs, because other load only adds time.
    const times = [1, 2, 3].map(() => {
      const before = performance.now();
      parseEmail(text);
      return performance.now() - before;
    });
    // Linear work takes milliseconds, quadratic work minutes.
    expect(Math.min(...times)).toBeLessThan(1000);
  }
});

test('numbers that differ in their last digit are counted apart', () => {
  expect(['+819012345678', '+819012345679'].map(mailboxOf)).toEqual(['+819012345678', '+819012345679']);
});
