import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type LabelBounds, labelSetsAtStart } from './label-sets.ts';
import { type MetricName, metricPrefix, metricTable, type NameOf, specOf } from './metrics.ts';

/** prom-client's object of every metric of the table, each with its series at 0. */
export type MetricObjects = { readonly [Name in NameOf<'counter'>]: Counter } & {
  readonly [Name in NameOf<'gauge'>]: Gauge;
} & { readonly [Name in NameOf<'histogram'>]: Histogram };

/** What sets a gauge just before it is read. */
export type Collectors = Map<NameOf<'gauge'>, () => void>;

/** Makes all metrics of the table, in a registry of one's own (prom-client's global one would be shared). */
export function makeMetrics(registry: Registry, bounds: LabelBounds, collectors: Collectors): MetricObjects {
  const names = Object.keys(metricTable) as readonly MetricName[];
  const objects = Object.fromEntries(names.map(name => [name, makeMetric(name, registry, bounds, collectors)]));
  return objects as unknown as MetricObjects;
}

function makeMetric(
  name: MetricName,
  registry: Registry,
  bounds: LabelBounds,
  collectors: ReadonlyMap<MetricName, () => void>,
): Counter | Gauge | Histogram {
  const { type, help, labels, buckets } = specOf(name);
  const options = { name: metricPrefix + name, help, labelNames: Object.keys(labels), registers: [registry] };
  const sets = labelSetsAtStart(name, bounds);
  switch (type) {
    case 'counter': {
      const counter = new Counter(options);
      for (const set of sets) counter.inc(set, 0);
      return counter;
    }
    case 'gauge': {
      const gauge = new Gauge({ ...options, collect: () => collectors.get(name)?.() });
      for (const set of sets) gauge.set(set, 0);
      return gauge;
    }
    case 'histogram': {
      const histogram = new Histogram({ ...options, buckets: [...(buckets ?? [])] });
      for (const set of sets) histogram.zero(set);
      return histogram;
    }
  }
}
