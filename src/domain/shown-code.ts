// The values of a message with a one-time code.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

export type ShownCode = {
  /** As people read it. */
  code: string;
  /** How many minutes it is valid. */
  minutes: number;
  /** The id of the slot that has the code, so that the message is not sent when another code has replaced it. */
  slot?: string;
  /** When it was requested. Of two codes of a slot, the later one counts. */
  askedAt?: EpochMilliseconds;
};
