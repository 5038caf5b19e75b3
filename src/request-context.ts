// The request that is being answered. Every line of the log names it. Every room may use this file.
import { AsyncLocalStorage } from 'node:async_hooks';

export type RequestContext = {
  /** The X-Request-Id of the answer. */
  requestId: string;
  /** The header as it was sent; it may be malformed. */
  traceparent?: string;
};

const standing = new AsyncLocalStorage<RequestContext>();

/** Runs the work, and all that it starts, as a part of a request. */
export const inRequest = <T>(context: RequestContext, work: () => T): T => standing.run(context, work);

/** Returns the request that this code answers; `undefined` outside of a request, as in a job. */
export const requestContext = (): RequestContext | undefined => standing.getStore();
