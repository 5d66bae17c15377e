import { ROOT_CONTEXT, SpanKind, type SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { RecordHeader } from '../../../connector/kernel/record.ts';
import type { Tracing } from '../../../connector/tracing/tracing.ts';

/** The trace that a record's writer began. */
export const writer = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' } as const;

/** The headers of a record whose writer traces it, or began a trace that is not sampled. */
export function headersOf({ sampled = true, state = '' } = {}): readonly RecordHeader[] {
  const traceparent = `00-${writer.traceId}-${writer.spanId}-${sampled ? '01' : '00'}`;
  const headers = { traceparent, ...(state !== '' && { tracestate: state }) };
  return Object.entries(headers).map(([name, value]) => ({ name, value: Buffer.from(value) }));
}

/** A span, as a test looks at it. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: 'consumer' | 'client' | 'other';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: SpanStatusCode;
  readonly links: readonly { readonly spanId: string; readonly attributes: unknown }[];
}

/** Tracing into memory. */
export interface TracingInMemory extends Tracing {
  readonly provider: TracerProvider;
  /** The spans that have ended, in that order. */
  spans(): readonly SeenSpan[];
  durationMs(span: number): number;
  /** All that was exported, as one text. */
  text(): string;
}

/** Opens it; all that begins here is sampled unless another sampler is given. */
export function tracingInMemory(sampler?: Sampler): TracingInMemory {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(sampler && { sampler }),
  });
  return {
    provider,
    tracer: provider.getTracer('test'),
    propagation: new W3CTraceContextPropagator(),
    spans: () => exporter.getFinishedSpans().map(seen),
    durationMs: span => {
      const [seconds = 0, nanos = 0] = exporter.getFinishedSpans()[span]?.duration ?? [];
      return seconds * 1_000 + nanos / 1e6;
    },
    text: () =>
      JSON.stringify(
        exporter
          .getFinishedSpans()
          .map(({ name, attributes, events, links, status, resource }) => [
            name,
            attributes,
            events,
            links,
            status,
            resource.attributes,
          ]),
      ),
    // A shutdown would forget the spans.
    [Symbol.asyncDispose]: () => provider.forceFlush(),
  };
}

function seen(span: ReadableSpan): SeenSpan {
  const { name, kind, attributes, status, links } = span;
  const { traceId, spanId } = span.spanContext();
  return {
    name,
    kind: kind === SpanKind.CONSUMER ? 'consumer' : kind === SpanKind.CLIENT ? 'client' : 'other',
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    attributes,
    status: status.code,
    links: links.map(link => ({ spanId: link.context.spanId, attributes: link.attributes })),
  };
}

/** The trace and the span that a `traceparent` names. */
export function readTraceparent(headers: Readonly<Record<string, unknown>>) {
  const context = new W3CTraceContextPropagator().extract(ROOT_CONTEXT, headers, {
    keys: Object.keys,
    get: (carrier, name) => String((carrier as Record<string, unknown>)[name] ?? ''),
  });
  return trace.getSpanContext(context);
}
