// Texts of any kind for properties.
import fc from 'fast-check';

const HALF_SURROGATES = 0x800;
const FIRST_HALF_SURROGATE = 0xd800;

const codePoint = fc
  .integer({ min: 0, max: 0x10ffff - HALF_SURROGATES })
  .map((n) => String.fromCodePoint(n < FIRST_HALF_SURROGATE ? n : n + HALF_SURROGATES));

/**
 * Any text that UTF-8 can encode, and texts that are dangerous in JavaScript, such as `__proto__`.
 * fast-check's own `unit: 'binary'` makes the same, but builds a table of all code points first, which takes a second.
 */
export function unicodeText(constraints: { maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ ...constraints, unit: codePoint }) },
    { weight: 1, arbitrary: fc.string(constraints) },
  );
}
