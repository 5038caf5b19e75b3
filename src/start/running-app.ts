// The interface of a running app.
import type { RequestListener } from 'node:http';
import type { ProcessReport } from '../telemetry/admin-handler.ts';

/** Something that answers HTTP and can be stopped. */
export type RunningApp = {
  handler: RequestListener;
  /** Called when a client has opened a connection. */
  onConnection?(): void;
  /** Called once the app listens: loads the modules that the first request needs but the start does not. */
  warmUp?(): Promise<void>;
  /** The report of this process for operators; absent if the app has none. */
  report?(): Promise<ProcessReport>;
  /** Reports the app as not ready, so that no new requests are sent here. */
  drain(): void;
  /** Reads the configuration files again; absent if the app uses none. */
  reload?(): Promise<void>;
  /** Closes databases and connections. Called when the last request has been answered. */
  close(): Promise<void>;
};
