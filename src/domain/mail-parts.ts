// What a mail is made of: its values and its parts.
type Values = Record<string, string | number>;

/** A part of a mail. It names its text, which may contain any value of the mail, such as `{{minutes}}`. */
export type Part<Value extends string = string> =
  /** A paragraph. */
  | { text: string }
  /** Small print, which a reader who expected the mail can skip. */
  | { note: string }
  /** A label with a value below it. */
  | { label: string; value: Value }
  /**
   * A label with profile claims below it, one per line. The value has their keys, separated by spaces; profile.json has their
   * names.
   */
  | { label: string; claims: Value }
  /** A code, large and alone on its line so that phones offer to copy it. */
  | { code: Value }
  /** A button that opens a page; the plain text has the URL. */
  | { link: string; to: Value };

/** A mail in the table. */
export type MailEntry<Sample extends Values = Values> = {
  /** Sample values. The compiler infers the types from them, and the tests render them. */
  sample: Sample;
  /** The parts, in order. The plain text has an empty line between groups, and none within a group. */
  groups: readonly (readonly Part[])[];
};

/** Makes an entry of the table; the compiler checks that its parts name values of the sample. */
export function mail<Sample extends Values>(
  sample: Sample,
  ...groups: readonly (readonly Part<keyof Sample & string>[])[]
): MailEntry<Sample> {
  return { sample, groups };
}
