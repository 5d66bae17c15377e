import { collectDefaultMetrics, Registry } from 'prom-client';
import type { FlowSnapshot, Meter } from '../flow/ports.ts';
import { watchFlow } from './gauges.ts';
import type { LabelBounds } from './label-sets.ts';
import { createMeter, type OuterMeter } from './meter.ts';
import { type Collectors, makeMetrics } from './metric-objects.ts';

/** The metrics of one connector: what counts, and the text that Prometheus reads. */
export interface Metrics {
  readonly meter: Meter & OuterMeter;
  /** From now on the gauges show this flow; before, they stand at 0. */
  watchFlow(readFlow: () => FlowSnapshot): void;
  /** Prometheus' text format, of {@link contentType}. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Makes all metrics, with Node's own beside them, in a registry of their own. */
export function openMetrics(bounds: LabelBounds, version: string): Metrics {
  const registry = new Registry();
  const collectors: Collectors = new Map();
  const metrics = makeMetrics(registry, bounds, collectors);
  metrics.build_info.set({ version, node: process.versions.node }, 1);
  collectDefaultMetrics({ register: registry });
  return {
    meter: createMeter(metrics, bounds),
    watchFlow: readFlow => watchFlow(metrics, collectors, readFlow),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
