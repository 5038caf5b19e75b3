// Reads and writes the header `traceparent` (W3C Trace Context), which joins a request to the trace of its caller.

/** A place in a trace: the caller's, or that of our own span. */
export type TraceContext = {
  /** 32 lower-case hexadecimal digits, not all 0. */
  traceId: string;
  /** 16 lower-case hexadecimal digits, not all 0. */
  spanId: string;
  /** Whether the caller records this trace. */
  sampled: boolean;
};

/** Section 3.2. Later versions may append fields; version ff is forbidden. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads the header; `undefined` if it is missing or malformed, and the trace then begins here (section 4.3). */
export function parseTraceparent(header: string | readonly string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags ?? '', 16) & 1) === 1 };
}

/** Writes the header for a call that this place makes. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
