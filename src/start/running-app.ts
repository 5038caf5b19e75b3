// What every app is once it runs.
import type { RequestListener } from 'node:http';
import type { ProcessReport } from '../telemetry/admin-handler.ts';

/** Something that answers HTTP and can be stopped. */
export type RunningApp = {
  handler: RequestListener;
  /** Called once it listens: loads what the first customer needs, and the start did not. */
  loadRest?(): Promise<void>;
  /** What operators are told of this process; absent where the app tells nothing. */
  report?(): Promise<ProcessReport>;
  /** Nobody new is to be sent here. */
  drain(): void;
  /** Takes up what the files of the configuration say now; absent where nothing of the app comes from files. */
  reload?(): Promise<void>;
  /** Called when the last request has been answered. */
  close(): Promise<void>;
};
