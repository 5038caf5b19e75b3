// The values of a message with a one-time code.

export type ShownCode = {
  /** As people read it. */
  code: string;
  /** How many minutes it is valid. */
  minutes: number;
  /** The id of the slot that has the code, so that the message is not sent when another code has replaced it. */
  slot?: string;
};
