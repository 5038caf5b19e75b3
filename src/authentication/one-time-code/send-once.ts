// Sends a code once, however often the button was pressed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../deps.ts';
import { secondsToNextCode } from './code-limits.ts';

const DOUBLE_PRESS_MS = 2000;
const LOOKS = 20;
const LOOK_AGAIN_MS = 50;

/**
 * Sends a code unless the slot has a young one for this address. A second press at the same moment waits for the first; where that one
 * came to nothing, the second one sends.
 * @param send puts a mail on its way first, and the code into its slot then: a code in the slot means that its mail is on its way
 */
export async function sendOnce(
  deps: Pick<Deps, 'config' | 'storage' | 'clock'>,
  slot: string,
  canonicalEmail: string,
  send: () => Promise<void>,
): Promise<void> {
  const { counters, emailCodes } = deps.storage;
  const isSent = async (): Promise<boolean> => {
    const sent = await emailCodes.find(slot);
    return sent?.email_canonical === canonicalEmail && secondsToNextCode(deps, sent.sent_at) > 0;
  };
  const press = `code-press:${slot}:${canonicalEmail}`;
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
