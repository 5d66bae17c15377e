import { type Context, diag, INVALID_SPAN_CONTEXT, type Span, type SpanOptions, trace } from '@opentelemetry/api';
import type { Tracing } from './tracing.ts';

/**
 * What is registered with OpenTelemetry's API is others' code, and may throw though it must not: no delivery is to suffer for it.
 * It is told where OpenTelemetry tells such things.
 */
export function quietly<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    diag.error('card-sync: the tracer threw', error);
    return otherwise;
  }
}

/** A span; where none can be made, one that is nothing. */
export function startQuietly({ tracer }: Tracing, name: string, options: SpanOptions, parent: Context): Span {
  const span = quietly(() => tracer.startSpan(name, options, parent), null);
  return span ?? trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
}
