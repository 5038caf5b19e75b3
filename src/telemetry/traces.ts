// What the program needs of traces. tracing.ts makes them with OpenTelemetry, which is loaded only where they are wanted.

/** Few values, and none of them personal data, a secret, or a URL with a query. */
export type SpanAttributes = Record<string, string | number>;

/** A span that its owner ends. */
export type OpenSpan = {
  /** Whether anybody will see it. If not, `end` does nothing, and its values need not be collected. */
  isRecorded: boolean;
  /** The header for calls, and for the log of this request. */
  traceparent: string;
  end(name: string, attributes: SpanAttributes, isFault: boolean): void;
};

/** How a span begins: for a request, for a job, for a call to another system, or for work of our own. */
export type SpanKind = 'server' | 'consumer' | 'client' | 'internal';

export type Traces = {
  /**
   * Begins a span in the trace of its caller, or a new trace, and runs the work in it.
   * @param traceparent the caller's header, as it was sent; a malformed one is ignored
   */
  begin<T>(kind: SpanKind, name: string, traceparent: string | undefined, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** Runs the work as a span within the one that it belongs to. Without such a span, or if that is not recorded, only runs it. */
  span<T>(kind: SpanKind, name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T>;
  /** Returns the header for a call that is made now; `undefined` outside of a trace. */
  traceparent(): string | undefined;
  /** Sends what was recorded, for at most two seconds. */
  stop(): Promise<void>;
};

/** The traces of a process that records none. */
export const NO_TRACES: Traces = {
  begin: async (_kind, _name, traceparent = '', work) => work({ isRecorded: false, traceparent, end: () => undefined }),
  span: async (_kind, _name, _attributes, work) => work(),
  traceparent: () => undefined,
  stop: async () => undefined,
};
