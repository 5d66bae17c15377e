import { ProxyTracerProvider, propagation, type Tracer, trace } from '@opentelemetry/api';
import type { Tracing, TracingOptions } from './tracing.ts';

const scope = 'card-sync';

/**
 * Tracing through whatever is registered with OpenTelemetry's API (by `NODE_OPTIONS=--import`), else through the SDK that comes
 * with the connector, where the settings ask for it; null where neither is so, and then nothing of the SDK is loaded.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing | null> {
  const registered = registeredTracer(options.version);
  if (registered !== null) {
    return { tracer: registered, propagation, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  if (!options.enabled) return null;
  const { openSdk } = await import('./sdk.ts');
  const sdk = openSdk(options);
  return sdk && { ...sdk, tracer: sdk.provider.getTracer(scope, options.version) };
}

/** Null where nobody has registered a provider: the API would then make spans that are nothing. */
function registeredTracer(version: string): Tracer | null {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider
    ? (provider.getDelegateTracer(scope, version) ?? null)
    : provider.getTracer(scope, version);
}
