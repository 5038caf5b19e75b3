// Reads the claims of a legacy profile one by one and collects their problems.

const MAX_LENGTH = 200;
// Personal data never contains these. A text with them is corrupt or an attack.
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** A claim that was dropped, and why, for the client's developer. It never has the value, which is personal data. */
export type DroppedClaim = { claim: string; why: string };

/** Reads the claims of one object. All readers of one legacy profile share their notes. */
export type ClaimReader = {
  /**
   * Reads a text without control characters; `undefined` if it is absent or empty. Anything else is a problem and also
   * `undefined`.
   */
  text(claim: string, options?: { required?: true; lines?: true }): string | undefined;
  /** Reads a text and parses it. A text that the parser refuses is dropped. */
  parsed<T>(claim: string, parse: (text: string) => T | { why: string }): T | undefined;
  number(claim: string, what: string): number | undefined;
  /** Returns a reader for a claim that is an object. Its notes begin with the claim's name. */
  object(claim: string): ClaimReader | undefined;
  /** Returns readers for a claim that is a list of objects. */
  objects(claim: string, maxLength: number): ClaimReader[];
  drop(claim: string, why: string): void;
};

/** The mistakes in a legacy profile. Any problem refuses the whole profile; a dropped claim is only left out. */
export type ClaimNotes = { problems: string[]; dropped: DroppedClaim[] };

/** The messages to a legacy site about dropped texts. */
export const WHY_DROPPED: Record<'missing' | 'characters' | 'too_long' | 'syntax', string> = {
  missing: 'is blank',
  characters: 'has characters that are not allowed',
  too_long: 'is too long',
  syntax: 'is not in the expected form',
};

/** Makes a reader. @param path the prefix of claim names in the notes: empty, or such as `address.` */
export function readClaims(claims: Record<string, unknown>, path: string, notes: ClaimNotes): ClaimReader {
  // Own properties only: `constructor` and `__proto__` are not claims.
  const valueOf = (claim: string): unknown => (Object.hasOwn(claims, claim) ? claims[claim] : undefined);
  const problem = (claim: string, sentence: string): undefined => {
    notes.problems.push(`"${path}${claim}" ${sentence}`);
  };
  const drop = (claim: string, why: string): undefined => {
    notes.dropped.push({ claim: path + claim, why });
  };

  const reader: ClaimReader = {
    text(claim, { required, lines } = {}) {
      const value = valueOf(claim);
      if (value === undefined || value === '') return required ? problem(claim, 'is required and must not be empty') : undefined;
      if (typeof value !== 'string') return problem(claim, `must be a string and is ${typeName(value)}`);
      if (value.length > MAX_LENGTH) return problem(claim, `must have at most ${MAX_LENGTH} characters and has ${value.length}`);
      const text = lines ? value.replace(/\r\n?|\n/g, ' ') : value;
      return CONTROL_CHARACTERS.test(text) ? problem(claim, 'must not contain control characters') : value;
    },
    parsed(claim, parse) {
      const text = reader.text(claim);
      if (text === undefined) return undefined;
      const value = parse(text);
      return isRefusal(value) ? drop(claim, value.why) : value;
    },
    number(claim, what) {
      const value = valueOf(claim);
      if (value === undefined) return undefined;
      if (typeof value !== 'number') return problem(claim, `must be ${what} and is ${typeName(value)}`);
      // JSON.parse reads 1e400 as Infinity. 253402300799 is the end of the year 9999. `+ 0` turns -0 into 0, because JSON cannot
      // write -0.
      return value >= 0 && value <= 253_402_300_799 ? Math.floor(value) + 0 : problem(claim, `must be ${what}`);
    },
    object(claim) {
      const value = valueOf(claim);
      if (value === undefined) return undefined;
      if (!isObject(value)) return problem(claim, `must be an object and is ${typeName(value)}`);
      return readClaims(value, `${path}${claim}.`, notes);
    },
    objects(claim, maxLength) {
      const value = valueOf(claim);
      if (value === undefined) return [];
      if (!Array.isArray(value)) {
        problem(claim, `must be a list of objects and is ${typeName(value)}`);
        return [];
      }
      if (value.length > maxLength) {
        problem(claim, `must have at most ${maxLength} entries and has ${value.length}`);
        return [];
      }
      return value.flatMap((entry: unknown, index) => {
        if (isObject(entry)) return [readClaims(entry, `${path}${claim}[${index}].`, notes)];
        problem(`${claim}[${index}]`, `must be an object and is ${typeName(entry)}`);
        return [];
      });
    },
    drop,
  };
  return reader;
}

/** Whether this is a JSON object: not null and not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRefusal(value: unknown): value is { why: string } {
  return isObject(value) && typeof value.why === 'string';
}

function typeName(value: unknown): string {
  if (value === null) return 'null: leave out unknown values';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
