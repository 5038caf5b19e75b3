// Issues one-time codes: draws a code, sends it, and stores its HMAC in a slot. No other code does this.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import type { ShownCode } from '../../domain/shown-code.ts';
import type { CodePurpose } from '../../telemetry/events.ts';
import { CODE_LIFETIME_MS, codeHmac, drawCode, formatCode, type LONG_CODE_DIGITS, type SHORT_CODE_DIGITS } from './code.ts';
import { drawCodeFor } from './code-tries.ts';

type IssueDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>;

/** Where a code is stored. A new code in a slot replaces the previous one. */
export type CodeSlot = {
  purpose: CodePurpose;
  /** The purpose of the code, and the interaction or account that it belongs to. */
  id: string;
  /** The canonical address that the code proves. */
  address: string;
};

export type IssueOptions = {
  /** When the code was requested, in epoch milliseconds; now if left out. The wait for the next code starts here. */
  askedAt?: number;
  lifetimeMs?: number;
  /** The number of digits; if left out, six, or twelve when the mailbox has used up its budget for six. */
  digits?: typeof SHORT_CODE_DIGITS | typeof LONG_CODE_DIGITS;
  /** Keeps the attempts of the previous code, so that requesting another code does not give more attempts. */
  keepAttempts?: boolean;
  /**
   * By default the message is queued first: if the process dies in between, the slot is empty and the next press sends another
   * one. A job is retried anyway, so it stores the code first, and a code that is not stored is never sent.
   */
  storeFirst?: boolean;
};

/**
 * Draws a code, sends it and stores its HMAC.
 * @param send queues the message
 */
export async function issueCode(
  deps: IssueDeps,
  slot: CodeSlot,
  send: (shown: ShownCode) => Promise<unknown>,
  { askedAt, lifetimeMs = CODE_LIFETIME_MS, digits, keepAttempts = false, storeFirst = false }: IssueOptions = {},
): Promise<void> {
  const code = digits ? drawCode(digits) : await drawCodeFor(deps, slot.address);
  // Read before the message is queued, and written to both. Of two parallel presses the later one then counts, in the slot and as a message.
  const at = askedAt ?? deps.clock();
  const show = async (): Promise<unknown> =>
    send({ code: formatCode(code), minutes: lifetimeMs / 60_000, slot: slot.id, askedAt: at });
  const store = async (): Promise<void> => {
    const standing = keepAttempts ? await deps.storage.emailCodes.find(slot.id) : undefined;
    const hmac = codeHmac(deps.config.keys.emailCode, slot.id, slot.address, code);
    await put(deps, slot, { hmac, attempts: standing?.attempts ?? 0, askedAt: at, lifetimeMs });
  };
  for (const step of storeFirst ? [store, show] : [show, store]) await step();
  deps.emit('code.sent', { purpose: slot.purpose });
}

/**
 * Stores a value that no code matches. Used when no code may be issued, so that neither the page nor the response time reveals
 * it.
 */
export async function issueNoCode(
  deps: IssueDeps,
  slot: CodeSlot,
  { askedAt }: Pick<IssueOptions, 'askedAt'> = {},
): Promise<void> {
  await put(deps, slot, { hmac: `none:${randomUUID()}`, attempts: 0, askedAt, lifetimeMs: CODE_LIFETIME_MS });
}

/**
 * Issues a code for an address that has no account. If it has one, its owner gets a mail instead, after the same work, so that
 * the page does not reveal it.
 */
export async function issueCodeForNewAddress(
  deps: IssueDeps,
  slot: CodeSlot,
  messages: {
    withCode(shown: ShownCode): Promise<unknown>;
    /** @param owner the account; its `email` is in the owner's own spelling */
    toOwner(owner: Account): Promise<unknown>;
  },
): Promise<void> {
  const owner = await deps.storage.accounts.findByEmail(slot.address);
  if (!owner) return issueCode(deps, slot, messages.withCode);
  await drawCodeFor(deps, slot.address);
  await messages.toOwner(owner);
  await issueNoCode(deps, slot);
  deps.emit('code.withheld', { purpose: slot.purpose });
}

async function put(
  { storage, clock }: IssueDeps,
  slot: CodeSlot,
  { hmac, attempts, askedAt, lifetimeMs }: { hmac: string; attempts: number; askedAt: number | undefined; lifetimeMs: number },
): Promise<void> {
  const now = clock();
  await storage.emailCodes.put({
    id: slot.id,
    code_hmac: hmac,
    email_canonical: slot.address,
    attempts,
    sent_at: askedAt ?? now,
    expires_at: now + lifetimeMs,
  });
}
