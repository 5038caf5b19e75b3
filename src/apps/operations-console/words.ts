// Values of the API in words, and times as people read them.
import { formatTime } from '../../http/format-time.ts';
import type { ConsoleContext } from './console.ts';

type Words = Pick<ConsoleContext['state'], 't' | 'language'>;

/** Returns the text of a value, such as that of the state `active`. A value that this version has no text for is shown as it is. */
export function wordOf({ t }: Pick<Words, 't'>, group: string, value: string): string {
  const key = `${group}.${value}`;
  const text = /^[\w:-]{1,80}$/.test(value) ? t(key) : key;
  return text === key ? value : text;
}

/** Returns the name of a mail or SMS, which is its heading. */
export function messageName({ t }: Pick<Words, 't'>, template: string): string {
  const key = `${template.replaceAll('-', '_')}.heading`;
  const text = /^[\w-]{1,80}$/.test(template) ? t(key) : key;
  return text === key ? template : text;
}

/** @param time ISO 8601 */
export function timeOf({ language }: Pick<Words, 'language'>, time: string): string {
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : formatTime(at, language);
}

export function timeIfAny(words: Pick<Words, 'language'>, time: string | undefined): string | undefined {
  return time === undefined ? undefined : timeOf(words, time);
}
