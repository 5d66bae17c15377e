import type { TextMapPropagator, Tracer } from '@opentelemetry/api';
import type { DurationMs } from '../kernel/time.ts';

/** Makes spans, and reads and writes the context of a trace in others' headers. */
export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer;
  readonly propagation: Pick<TextMapPropagator, 'extract' | 'inject'>;
}

/** How tracing is opened. */
export interface TracingOptions {
  /** Of the settings. */
  readonly enabled: boolean;
  /** Of this connector. */
  readonly version: string;
  /** The longest wait for what is still to be sent at the end. */
  readonly closeMs: DurationMs;
  /** The collector does not take our spans: told once, until it takes them again. */
  readonly onUnreachable: (reason: string) => void;
  readonly onReachable: (spansLost: number) => void;
  /** A variable of OpenTelemetry's means nothing here. */
  readonly onIgnored: (text: string) => void;
}
