// Formats a value of the configuration for a message.

/** Longer values are cut, so that a message stays one line in a terminal. */
const LONGEST = 100;

/** Formats a value: `'text'`, `12`, `nothing`, `{"a":1}`. Never call it with a secret. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (typeof value === 'string') return `'${cut(printable(value))}'`;
  return cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Escapes control characters, with which a file could forge lines in the log. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '�');
}
