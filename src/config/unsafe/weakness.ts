// Recognizes secrets that are long enough but not random.

/** Distinct characters. A random value of 32 characters has more, in any alphabet. */
const FEWEST_CHARACTERS = 8;
const LONGEST_PERIOD = 16;
const WORDS = [
  'changeme',
  'change-me',
  'change_me',
  'secret',
  'password',
  'passphrase',
  'example',
  'development',
  'placeholder',
  'replace',
  'insecure',
  'qwerty',
  'letmein',
  'default',
  'for-test',
  'your-',
  'your_',
];

/** @returns why a value is guessable, as part of a sentence; `undefined` if it looks random */
export function weaknessOf(secret: string): string | undefined {
  const different = new Set(secret).size;
  if (different < FEWEST_CHARACTERS) return `one of only ${different} different character${different === 1 ? '' : 's'}`;
  if (hasPeriod(secret)) return 'one that repeats itself';
  if (isSequence(secret)) return 'one with characters in order';
  return WORDS.some((word) => secret.toLowerCase().includes(word)) ? 'one that looks like an example' : undefined;
}

function hasPeriod(secret: string): boolean {
  for (let period = 1; period <= Math.min(LONGEST_PERIOD, secret.length / 2); period += 1)
    if (secret.slice(period) === secret.slice(0, -period)) return true;
  return false;
}

function isSequence(secret: string): boolean {
  const codes = Array.from(secret, (character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).filter((code, index) => Math.abs(code - (codes[index] ?? 0)) === 1).length;
  return steps > secret.length / 2;
}
