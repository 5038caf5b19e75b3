// Another code in place of the last one: not too early, and once for a double press.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../deps.ts';
import type { PageContext } from '../../http/page-context.ts';
import { redirect } from '../../http/redirect.ts';
import type { CodeSlot } from './issue-code.ts';

type ResendDeps = Pick<Deps, 'config' | 'storage' | 'clock'>;

const DOUBLE_PRESS_MS = 2000;
const LOOKS = 20;
const LOOK_AGAIN_MS = 50;

/** How many seconds it takes until another code may be asked for. @param askedAt when the last one was, in epoch milliseconds */
export function secondsToNextCode({ config, clock }: Pick<Deps, 'config' | 'clock'>, askedAt: number): number {
  const from = askedAt + config.rateLimits.emailCode.resendAfterSeconds * 1000;
  return Math.max(0, Math.ceil((from - clock()) / 1000));
}

/**
 * Sends a code unless the slot has a young one for this address. A second press at the same moment waits for the first. If the first one
 * came to nothing, the second one sends.
 * @param send queues the message first and stores the code then: a code in the slot means that its message is on its way
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
 * Answers the button that asks for another code: 429 with the page and `Retry-After` if it is too early, else the page of the code, which says
 * that another one was sent.
 * @param page.seconds see `secondsToNextCode`
 * @param page.show shows the page with what is wrong
 * @param page.send sends a code; answers the path to go to, where that is not `path`
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
