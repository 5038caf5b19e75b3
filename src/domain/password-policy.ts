// Decides which passwords are accepted. The default rule (config/policy.json) is that of the migration guide. Common passwords
// and the person's own data are refused too.
import { readFile } from 'node:fs/promises';
import { PROFILE_FIELDS, PROFILE_KEYS, type Profile } from './profile-fields.ts';
import { romajiSpellings } from './romaji.ts';

export type PasswordPolicy = {
  /** In characters. */
  minLength: number;
  /** In characters (Unicode code points). */
  maxLength: number;
  /** The allowed symbols, besides half-width letters and digits; `ANY_CHARACTER` allows every printable character. */
  symbols: string;
};

/** As `symbols`: every printable character is allowed, and the space. */
export const ANY_CHARACTER = 'any';

/** bcrypt ignores further bytes, so two passwords that differ only there would be the same. */
export const PASSWORD_MAX_BYTES = 72;

/** A set of common passwords. Look them up in lower case. */
export type CommonPasswords = { has(password: string): boolean };

/**
 * - `too_short`, `too_long`: the length, in characters;
 * - `too_many_bytes`: within the length, but too long for bcrypt, because many characters have more than one byte in UTF-8;
 * - `full_width`: full-width letters, digits, symbols or spaces; it has its own message because it is an easy slip on a Japanese
 * keyboard;
 * - `characters`: any other character that is not allowed;
 * - `letter_missing`, `digit_missing`: no half-width letter, no half-width digit;
 * - `common`: on the list, or as easy to guess;
 * - `personal`: contains the person's own address, name, birth date or phone number.
 */
export type PasswordProblem =
  | 'too_short'
  | 'too_long'
  | 'too_many_bytes'
  | 'full_width'
  | 'characters'
  | 'letter_missing'
  | 'digit_missing'
  | 'common'
  | 'personal';

/** Letters, digits and symbols in full width, which a Japanese keyboard types by mistake, and the full-width space. */
const FULL_WIDTH = '\\u3000\\uFF01-\\uFF60\\uFFE0-\\uFFE6';

// The first guesses at this site. A list cannot contain each of them with every number after it.
const BRAND_WORDS =
  /^(?:toyota|lexus|gazoo|tconnect|myroute|mytoyota|toyotashare|prius|corolla|crown|aqua|alphard|yaris|commonid|owners?|kuruma)+$/;
const LOOK_ALIKES: Record<string, string> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', $: 's', '!': 'i' };

/**
 * Returns the form of a password that is hashed and compared (RFC 8265, section 4.2, OpaqueString): other spaces become the space, and
 * Unicode is normalised by NFC, because devices send the same character in different ways. NIST SP 800-63B asks for a normalisation. It is
 * not NFKC, which would make different characters equal, such as `４` and `4`. ASCII stays as it is.
 */
export function preparePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
}

/** Returns a regular expression (flag `u`) for one allowed character. The page's script tests with it, too. */
export function allowedCharacter({ symbols }: Pick<PasswordPolicy, 'symbols'>): string {
  // The joiner holds the parts of an emoji together.
  if (symbols === ANY_CHARACTER) return `^(?:[^\\p{C}\\p{Zl}\\p{Zp}${FULL_WIDTH}]|\\u200D)$`;
  return `^[A-Za-z0-9${symbols.replace(/[\\\]^-]/g, '\\$&')}]$`;
}

/**
 * Lists the problems of a password; empty if it may be used. The password is never trimmed or cut, because the person will type exactly
 * the same characters at the next login.
 * @param personal the person's own data; see `personalData`
 * @param common see `loadCommonPasswords`
 */
export function checkPassword(
  password: string,
  policy: PasswordPolicy,
  personal: readonly string[],
  common: CommonPasswords,
): PasswordProblem[] {
  // Where only ASCII is allowed, the characters are judged as they were typed.
  const prepared = policy.symbols === ANY_CHARACTER ? preparePassword(password) : password;
  const characters = Array.from(prepared);
  const problems: PasswordProblem[] = [];
  if (characters.length < policy.minLength) problems.push('too_short');
  if (characters.length > policy.maxLength) problems.push('too_long');
  const allowed = new RegExp(allowedCharacter(policy), 'u');
  const refused = characters.filter((character) => !allowed.test(character));
  if (problems.length === 0 && Buffer.byteLength(prepared) > PASSWORD_MAX_BYTES) problems.push('too_many_bytes');
  if (refused.some(isFullWidth)) problems.push('full_width');
  if (!refused.every(isFullWidth)) problems.push('characters');
  if (!/[A-Za-z]/.test(prepared)) problems.push('letter_missing');
  if (!/[0-9]/.test(prepared)) problems.push('digit_missing');
  // A password that breaks the rule is not also reported as guessable: the person has to choose another one anyway.
  if (problems.length > 0) return problems;
  if (isCommon(password, common)) problems.push('common');
  if (isPersonal(password, personal)) problems.push('personal');
  return problems;
}

/** Collects the person's data that their password must not contain, for `checkPassword`. */
export function personalData(email: string | undefined, profile: Profile | undefined): string[] {
  const guessable = PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].guessable).map((key) => profile?.[key]);
  return [email, ...guessable].filter((value) => typeof value === 'string');
}

/**
 * Loads a list of common passwords, one per line; a line that begins with `# ` is a comment.
 * The list stays one string. A search takes 0.1 ms and is rare, while splitting the string would take 10 ms at every start.
 * @throws {Error} if the file cannot be read
 */
export async function loadCommonPasswords(path: string): Promise<CommonPasswords> {
  const text = `\n${(await readFile(path, 'utf8')).toLowerCase().replaceAll('\r', '')}\n`;
  return { has: (password) => !password.startsWith('# ') && text.includes(`\n${password}\n`) };
}

function isFullWidth(character: string): boolean {
  return new RegExp(`[${FULL_WIDTH}]`).test(character);
}

function isCommon(password: string, common: CommonPasswords): boolean {
  const lower = password.toLowerCase();
  // `aaaaaaa1`, `12121212a`.
  if (new Set(lower).size < 4) return true;
  const word = lower.replace(/[^a-z0-9]/g, '');
  if (common.has(lower) || common.has(word)) return true;
  // `toyota123`, `2025-Lexus!`, `t0y0ta99`: remove the digits and symbols around the word, then replace look-alikes by letters.
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

/**
 * Lists guesses made from a personal value. Short pieces (ito, 1225) are left out, because too many good passwords contain them.
 */
function guessesFrom(value: string): string[] {
  const lower = value.toLowerCase();
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (date)
    return [`${date[1]}${date[2]}${date[3]}`, `${date[1]?.slice(2)}${date[2]}${date[3]}`, `${date[2]}${date[3]}${date[1]}`];
  // A phone number: the last eight digits are the same with and without a country code.
  if (/^\+?[\d-]{8,}$/.test(value)) return [value.replace(/\D/g, '').slice(-8)];
  const local = lower.includes('@') ? lower.slice(0, lower.lastIndexOf('@')) : lower;
  const words = [local, ...local.split(/[^a-z0-9]+/), ...romajiSpellings(value)];
  return words.filter((word) => word.length >= 4);
}
