// How a value of the configuration is shown in a sentence.

/** Longer values are cut: a sentence must stay one line in a terminal. */
const LONGEST = 100;

/** Shows a value: `'text'`, `12`, `nothing`, `{"a":1}`. Never call it with a secret. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (typeof value === 'string') return `'${cut(printable(value))}'`;
  return cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Control characters would let a file write its own lines into the log. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '�');
}
