// Sends another code: not too soon after the last one, and only once for a double press.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../deps.ts';
import type { PageContext } from '../../http/page-context.ts';
import { redirect } from '../../http/redirect.ts';
import type { CodeSlot } from './issue-code.ts';

type ResendDeps = Pick<Deps, 'config' | 'storage' | 'clock'>;

const DOUBLE_PRESS_MS = 2000;
const LOOKS = 20;
const LOOK_AGAIN_MS = 50;

/**
 * Returns the seconds until another code may be requested.
 * @param askedAt when the last one was requested, in epoch milliseconds
 */
export function secondsToNextCode({ config, clock }: Pick<Deps, 'config' | 'clock'>, askedAt: number): number {
  const from = askedAt + config.rateLimits.emailCode.resendAfterSeconds * 1000;
  return Math.max(0, Math.ceil((from - clock()) / 1000));
}

/**
 * Sends a code unless the slot has a recent one for this address. A second press at the same time waits for the first. If the
 * first one sends nothing, the second one sends.
 * @param send queues the message before it stores the code, so that a code in the slot means that its message is queued
 */
export async function sendOnce(deps: ResendDeps, slot: CodeSlot, send: () => Promise<void>): Promise<void> {
  const { counters, emailCodes } = deps.storage;
  const isSent = async (): Promise<boolean> => {
    const sent = await emailCodes.find(slot.id);
    return sent?.email_canonical === slot.address && secondsToNextCode(deps, sent.sent_at) > 0;
  };
  const press = `code-press:${slot.id}:${slot.address}`;
  const presses = await counters.add(press, 1, DOUBLE_PRESS_MS);
  if (await isSent()) return;
  for (let look = 1; presses.points > 1 && look < LOOKS; look += 1) {
    await sleep(LOOK_AGAIN_MS);
    if (await isSent()) return;
  }
  await send().catch(async (error: unknown) => {
    // Nothing was sent, so the next press must try again.
    await counters.remove(press);
    throw error;
  });
}

/**
 * Answers the button that requests another code. If it is too early, it shows the page with status 429 and `Retry-After`.
 * Otherwise it sends a code and redirects to the code page, which says so.
 * @param page.seconds see `secondsToNextCode`
 * @param page.show shows the page with an error message
 * @param page.send sends a code; returns the path to redirect to if it is not `path`
 */
export async function answerResend(
  ctx: PageContext,
  page: {
    path: string;
    seconds: number;
    show(errors: { code: string }): Promise<void> | void;
    send(): Promise<string | void>;
  },
): Promise<void> {
  const { path, seconds, show, send } = page;
  if (seconds > 0) {
    await show({ code: ctx.state.t('form_errors.code_resend_too_early', { seconds }) });
    ctx.status = 429;
    ctx.set('Retry-After', String(seconds));
    return;
  }
  redirect(ctx, (await send()) ?? `${path}?resent`);
}
