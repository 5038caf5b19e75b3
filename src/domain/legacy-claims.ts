// Reads the claims of a legacy profile one by one, and keeps an account of what was wrong with them.

const MAX_LENGTH = 200;
// Nothing of a person has these; a text with them was damaged on the way, or is meant to damage.
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** A claim that was left out, and why: for the client's developer. Never its value, which is personal data. */
export type DroppedClaim = { claim: string; why: string };

/** An object of claims, with the notes that all objects of one hand-over share. */
export type ClaimReader = {
  /** A text without control characters, `undefined` where it is absent or empty. Anything else is a problem, and `undefined`. */
  text(claim: string, options?: { required?: true; lines?: true }): string | undefined;
  /** As `text`, then through a parser; what the parser does not take is dropped. */
  parsed<T>(claim: string, parse: (text: string) => T | { why: string }): T | undefined;
  number(claim: string, what: string): number | undefined;
  /** A reader of the object that this claim is, with its name before every note. */
  object(claim: string): ClaimReader | undefined;
  /** Readers of the objects in the list that this claim is. */
  objects(claim: string, maxLength: number): ClaimReader[];
  drop(claim: string, why: string): void;
};

/** What was wrong with a hand-over. With any problem it is refused; what was dropped is only missing. */
export type ClaimNotes = { problems: string[]; dropped: DroppedClaim[] };

/** What a legacy site is told about a text that was dropped. */
export const WHY_DROPPED: Record<'missing' | 'characters' | 'too_long' | 'syntax', string> = {
  missing: 'is blank',
  characters: 'has characters that are not allowed',
  too_long: 'is too long',
  syntax: 'is not in the expected form',
};

/** @param path what stands before the names in the notes: empty, or as `address.`. */
export function readClaims(claims: Record<string, unknown>, path: string, notes: ClaimNotes): ClaimReader {
  // Own properties only: `constructor` and `__proto__` are no claims.
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
      // 1e400 is Infinity by now; 253402300799 is the end of the year 9999; -0, which JSON can be read as and not be written, becomes 0.
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

/** Whether this is an object with names, as JSON has them. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRefusal(value: unknown): value is { why: string } {
  return isObject(value) && typeof value.why === 'string';
}

function typeName(value: unknown): string {
  if (value === null) return 'null: leave out what is not known';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
