// The reason that a look and an action need, and what is wrong with one.
import type { Translate } from '../../http/translator.ts';
import { REASON_LENGTH } from './case-of-person.ts';
import { ApiRefusal } from './operations-api.ts';

/** Returns what is wrong with a typed reason; `undefined` if nothing is. The API has the last word. */
export function reasonMistake(t: Translate, reason: string): string | undefined {
  const { length } = [...reason];
  return length < REASON_LENGTH.least || length > REASON_LENGTH.most ? t('reason.length', REASON_LENGTH) : undefined;
}

/** Returns what the API has against the reason; `undefined` if its refusal is about something else. */
export function refusedReason(t: Translate, error: unknown): string | undefined {
  if (!(error instanceof ApiRefusal)) return undefined;
  if (error.code === 'reason_personal') return t('reason.personal');
  return error.wrong.includes('reason') ? t('reason.length', REASON_LENGTH) : undefined;
}
