import {
  type ExportResult,
  ExportResultCode,
  getBooleanFromEnv,
  getNumberFromEnv,
  getStringFromEnv,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingOptions } from './tracing.ts';

// The only file that knows OpenTelemetry's SDK; it is loaded where tracing is on, and nowhere else. The SDK's classes read the
// variables of resource and exporter themselves, and leave those of sampler and batches to whoever puts them together.

/**
 * The SDK as `OTEL_*` has it (OpenTelemetry, "Environment Variable Specification"): OTLP over HTTP, as JSON, in batches from a
 * queue that has an end: what does not fit is dropped, and nobody waits. Null where OTEL_SDK_DISABLED.
 */
export function openSdk(options: TracingOptions) {
  if (getBooleanFromEnv('OTEL_SDK_DISABLED')) return null;
  checkProtocol(options);
  const named = resourceFromAttributes({ 'service.name': 'card-sync', 'service.version': options.version });
  const batches = new BatchSpanProcessor({
    exporter: telling(new OTLPTraceExporter(), options),
    ...given('maxQueueSize', 'OTEL_BSP_MAX_QUEUE_SIZE'),
    ...given('maxExportBatchSize', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    ...given('scheduledDelayMillis', 'OTEL_BSP_SCHEDULE_DELAY'),
    ...given('exportTimeoutMillis', 'OTEL_BSP_EXPORT_TIMEOUT'),
  });
  const provider = new TracerProvider({
    resource: named.merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(options),
    spanProcessors: [batches],
  });
  return {
    provider,
    propagation: new W3CTraceContextPropagator(),
    [Symbol.asyncDispose]: () => ended(provider, options),
  };
}

function checkProtocol({ onIgnored }: TracingOptions): void {
  const protocol =
    getStringFromEnv('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? getStringFromEnv('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/json') {
    onIgnored(`spans go as http/json (a collector's port 4318 takes it), not as ${protocol}`);
  }
}

/** Whether a trace that comes to us is followed, its beginner has decided; the variable decides of those that begin here. */
function samplerOf({ onIgnored }: TracingOptions): Sampler {
  const name = getStringFromEnv('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const root = rootSampler(name.replace(/^parentbased_/, ''));
  if (root !== null) return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
  onIgnored(`there is no sampler ${name}; it is parentbased_always_on`);
  return new ParentBasedSampler({ root: new AlwaysOnSampler() });
}

function rootSampler(name: string): Sampler | null {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1);
    default:
      return null;
  }
}

function given<Name extends string>(name: Name, variable: string): { readonly [N in Name]?: number } {
  const value = getNumberFromEnv(variable);
  return value === undefined || value <= 0 ? {} : ({ [name]: value } as { readonly [N in Name]: number });
}

/** Tells once that a collector is away, and that it is back. */
function telling(exporter: SpanExporter, { onUnreachable, onReachable }: TracingOptions): SpanExporter {
  let lost = 0;
  return {
    export: (spans, done) =>
      exporter.export(spans, result => {
        if (result.code === ExportResultCode.SUCCESS) {
          if (lost > 0) onReachable(lost);
          lost = 0;
        } else {
          if (lost === 0) onUnreachable(reasonOf(result));
          lost += spans.length;
        }
        done(result);
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

function reasonOf({ error }: ExportResult): string {
  return error?.message || 'no reason given';
}

/** Sends what is left, if that can be done soon. */
async function ended(provider: TracerProvider, { closeMs }: TracingOptions): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, closeMs);
  await Promise.race([provider.shutdown().catch(() => undefined), limit.promise]);
  clearTimeout(timer);
}
