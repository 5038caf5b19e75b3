// What every app is once it runs.
import type { RequestListener } from 'node:http';

/** Something that answers HTTP and can be stopped. */
export type RunningApp = {
  handler: RequestListener;
  /** Nobody new is to be sent here. */
  drain(): void;
  /** Called when the last request has been answered. */
  close(): Promise<void>;
};
