// Which passwords are accepted. The shipped rule (config/policy.json) is the migration guide's; on top come a list of common passwords and
// the person's own data.
import { readFile } from 'node:fs/promises';
import { PROFILE_FIELDS, PROFILE_KEYS, type Profile } from './profile-fields.ts';
import { romajiSpellings } from './romaji.ts';

export type PasswordPolicy = {
  /** Characters. */
  minLength: number;
  /** Characters; at most 72, because bcrypt reads no more bytes. */
  maxLength: number;
  /** Which symbols are allowed besides half-width letters and digits. */
  symbols: string;
};

/** Asked in lower case. */
export type CommonPasswords = { has(password: string): boolean };

/**
 * - `too_short`, `too_long`: the length, in characters;
 * - `full_width`: full-width letters, digits, symbols or spaces – told apart because on a Japanese keyboard it is an oversight;
 * - `characters`: any other character that is not allowed;
 * - `letter_missing`, `digit_missing`: no half-width letter, no half-width digit;
 * - `common`: on the list, or as easily guessed;
 * - `personal`: made of the person's own address, name, birth date or phone number.
 */
export type PasswordProblem =
  'too_short' | 'too_long' | 'full_width' | 'characters' | 'letter_missing' | 'digit_missing' | 'common' | 'personal';

// What somebody guesses first at this door. A list cannot hold them with every number behind.
const BRAND_WORDS =
  /^(?:toyota|lexus|gazoo|tconnect|myroute|mytoyota|toyotashare|prius|corolla|crown|aqua|alphard|yaris|commonid|owners?|kuruma)+$/;
const LOOK_ALIKES: Record<string, string> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', $: 's', '!': 'i' };

/**
 * What is wrong with a password; an empty list when it may be used. It is looked at as it came: never trimmed, normalised or cut,
 * because what is stored must be what the person types next time.
 * @param personal what the person told about themselves; see `personalData`.
 * @param common see `loadCommonPasswords`.
 */
export function checkPassword(
  password: string,
  policy: PasswordPolicy,
  personal: readonly string[],
  common: CommonPasswords,
): PasswordProblem[] {
  const characters = Array.from(password);
  const problems: PasswordProblem[] = [];
  if (characters.length < policy.minLength) problems.push('too_short');
  if (characters.length > policy.maxLength) problems.push('too_long');
  const refused = characters.filter((character) => !/[A-Za-z0-9]/.test(character) && !policy.symbols.includes(character));
  if (refused.some(isFullWidth)) problems.push('full_width');
  if (!refused.every(isFullWidth)) problems.push('characters');
  if (!/[A-Za-z]/.test(password)) problems.push('letter_missing');
  if (!/[0-9]/.test(password)) problems.push('digit_missing');
  // Too short and guessable is one thing to mend, not two.
  if (problems.length > 0) return problems;
  if (isCommon(password, common)) problems.push('common');
  if (isPersonal(password, personal)) problems.push('personal');
  return problems;
}

/** Everything that must not be found in a person's password, as `checkPassword` takes it. */
export function personalData(email: string | undefined, profile: Profile | undefined): string[] {
  const guessable = PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].guessable).map((key) => profile?.[key]);
  return [email, ...guessable].filter((value) => typeof value === 'string');
}

/**
 * Reads a list of common passwords: one a line, `# ` begins a comment line.
 * It stays the text that it is: to search it takes a tenth of a millisecond, once in a while; to take it apart takes ten at each start.
 * @throws whatever reading the file throws.
 */
export async function loadCommonPasswords(path: string): Promise<CommonPasswords> {
  const text = `\n${(await readFile(path, 'utf8')).toLowerCase().replaceAll('\r', '')}\n`;
  return { has: (password) => !password.startsWith('# ') && text.includes(`\n${password}\n`) };
}

function isFullWidth(character: string): boolean {
  return /[\u3000\uFF01-\uFF60\uFFE0-\uFFE6]/.test(character);
}

function isCommon(password: string, common: CommonPasswords): boolean {
  const lower = password.toLowerCase();
  // `aaaaaaa1`, `12121212a`.
  if (new Set(lower).size < 4) return true;
  const word = lower.replace(/[^a-z0-9]/g, '');
  if (common.has(lower) || common.has(word)) return true;
  // `toyota123`, `2025-Lexus!`, `t0y0ta99`: the digits around first, then those that stand for letters.
  const core = lower.replace(/^[^a-z]+|[^a-z]+$/g, '');
  return (
    BRAND_WORDS.test(core.replace(/[^a-z]/g, '')) ||
    BRAND_WORDS.test(core.replace(/[^a-z]/g, (character) => LOOK_ALIKES[character] ?? ''))
  );
}

function isPersonal(password: string, personal: readonly string[]): boolean {
  const lower = password.toLowerCase();
  const digits = lower.replace(/[^0-9]/g, '');
  return personal.flatMap(guessesFrom).some((guess) => lower.includes(guess) || (/^\d+$/.test(guess) && digits.includes(guess)));
}

/** What somebody who knows this would try. Short pieces (ito, 1225) are left out: they are in too many good passwords. */
function guessesFrom(value: string): string[] {
  const lower = value.toLowerCase();
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (date)
    return [`${date[1]}${date[2]}${date[3]}`, `${date[1]?.slice(2)}${date[2]}${date[3]}`, `${date[2]}${date[3]}${date[1]}`];
  // 090-1234-5678 and its last eight digits, however the country was written.
  if (/^\+?[\d-]{8,}$/.test(value)) return [value.replace(/\D/g, '').slice(-8)];
  const local = lower.includes('@') ? lower.slice(0, lower.lastIndexOf('@')) : lower;
  const words = [local, ...local.split(/[^a-z0-9]+/), ...romajiSpellings(value)];
  return words.filter((word) => word.length >= 4);
}
