// Limits the wrong guesses at six-digit codes of one mailbox in a day, from anywhere and for any purpose. Above the limit
// six-digit codes are no longer valid, and the mailbox gets twelve-digit codes, which nobody guesses. So an attacker has few
// guesses, and cannot lock the owner of the mailbox out by using them up.
import type { Deps } from '../../deps.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import { drawCode, LONG_CODE_DIGITS, SHORT_CODE_DIGITS } from './code.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

type TriesDeps = Pick<Deps, 'config' | 'storage'>;

/** The counter of wrong six-digit guesses at codes of a mailbox. */
export const codeTriesKey = (canonicalEmail: string): string => `code-tries:${mailboxOf(canonicalEmail)}`;

/** Whether the mailbox has used up its wrong six-digit guesses of the day. */
export async function shortCodesAreOver({ config, storage }: TriesDeps, canonicalEmail: string): Promise<boolean> {
  const tries = await storage.counters.get(codeTriesKey(canonicalEmail));
  return (tries?.points ?? 0) >= config.rateLimits.emailCode.shortTriesPerMailboxPerDay;
}

/** Draws a code for the mailbox: six digits, or twelve if its budget for six is used up. */
export async function drawCodeFor(deps: TriesDeps, canonicalEmail: string): Promise<string> {
  return drawCode((await shortCodesAreOver(deps, canonicalEmail)) ? LONG_CODE_DIGITS : SHORT_CODE_DIGITS);
}

/**
 * Counts an attempt before the code is compared.
 * @returns whether the code may be compared, and a function that takes the attempt back if the code was right
 */
export async function countCodeTry(
  { config, storage }: TriesDeps,
  canonicalEmail: string,
  code: string,
): Promise<{ mayCompare: boolean; wasRight(): Promise<void> }> {
  if (code.length !== SHORT_CODE_DIGITS) return { mayCompare: true, wasRight: async () => undefined };
  const { points } = await storage.counters.add(codeTriesKey(canonicalEmail), 1, DAY_MS);
  return {
    mayCompare: points <= config.rateLimits.emailCode.shortTriesPerMailboxPerDay,
    wasRight: async () => void (await storage.counters.add(codeTriesKey(canonicalEmail), -1, DAY_MS)),
  };
}
