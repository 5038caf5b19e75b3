// Traces with OpenTelemetry, sent by OTLP over HTTP. Only this file loads its modules.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Context, Span } from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts';
import type { SpanAttributes, SpanKind, Traces } from './traces.ts';

export type TraceOptions = {
  /** The OTLP receiver; `/v1/traces` is added. */
  endpoint: string;
  /** The share of traces that are recorded, from 0 to 1. */
  share: number;
};

const SEND_EVERY_MS = 1000;
const STOP_WITHIN_MS = 2000;
/** A collector that is away must not fill the memory: more spans are dropped. */
const MOST_WAITING = 4096;

/** Loads OpenTelemetry and returns the traces. */
export async function startTracing({ endpoint, share }: TraceOptions): Promise<Traces> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const { ROOT_CONTEXT, trace, TraceFlags, SpanStatusCode } = api;
  const sampler = new sdk.TraceIdRatioBasedSampler(share);
  /** The id of the trace that begins now. */
  let drawn = '';
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'common-id' }),
    idGenerator: { generateTraceId: () => drawn, generateSpanId: newSpanId },
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  const tracer = provider.getTracer('common-id');
  const kinds: Record<SpanKind, number> = {
    server: api.SpanKind.SERVER,
    consumer: api.SpanKind.CONSUMER,
    client: api.SpanKind.CLIENT,
    internal: api.SpanKind.INTERNAL,
  };
  /**
   * The span that this code belongs to, or only the header if it is not recorded. Our own, because OpenTelemetry's is global, and a process may
   * have several installations in tests.
   */
  const standing = new AsyncLocalStorage<Context | string>();

  const headerOf = (span: Span): string => {
    const { traceId, spanId, traceFlags } = span.spanContext();
    return formatTraceparent({ traceId, spanId, sampled: traceFlags % 2 === 1 });
  };
  /** The message of an error may have personal data, so that only its name is told. */
  const note = (span: Span, error: unknown): void => {
    span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
    span.setStatus({ code: SpanStatusCode.ERROR });
  };

  /** A caller may leave its trace out, but not make us record more than our share. */
  const isWanted = (traceId: string, caller: TraceContext | undefined): boolean =>
    caller?.sampled !== false && sampler.shouldSample(ROOT_CONTEXT, traceId).decision === sdk.SamplingDecision.RECORD_AND_SAMPLED;

  return {
    async begin(kind, name, traceparent, work) {
      const caller = parseTraceparent(traceparent);
      drawn = caller?.traceId ?? randomBytes(16).toString('hex');
      if (!isWanted(drawn, caller)) {
        const header = formatTraceparent({ traceId: drawn, spanId: newSpanId(), sampled: false });
        return standing.run(header, async () => work({ isRecorded: false, traceparent: header, end: () => undefined }));
      }
      const parent = caller
        ? trace.setSpanContext(ROOT_CONTEXT, {
            traceId: caller.traceId,
            spanId: caller.spanId,
            traceFlags: TraceFlags.SAMPLED,
            isRemote: true,
          })
        : ROOT_CONTEXT;
      const span = tracer.startSpan(name, { kind: kinds[kind] }, parent);
      const end = (finalName: string, attributes: SpanAttributes, isFault: boolean): void => {
        span.updateName(finalName);
        span.setAttributes(attributes);
        if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
      return standing.run(trace.setSpan(parent, span), async () => work({ isRecorded: true, traceparent: headerOf(span), end }));
    },
    async span(kind, name, attributes, work) {
      const parent = standing.getStore();
      if (parent === undefined || typeof parent === 'string') return work();
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, parent);
      try {
        return await standing.run(trace.setSpan(parent, span), work);
      } catch (error) {
        note(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
    traceparent() {
      const place = standing.getStore();
      if (place === undefined || typeof place === 'string') return place;
      const span = trace.getSpan(place);
      return span && headerOf(span);
    },
    async stop() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref());
      // A collector that does not answer is no reason to fail.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

const newSpanId = (): string => randomBytes(8).toString('hex');
