import { type ResultCode, resultCodes } from '../order/result-codes.ts';
import { type LabelValues, type MetricName, noneLabel, otherLabel, specOf } from './metrics.ts';

/** What the settings bound labels to: the templates of the mappings, the source topics, and the result codes that are given a verdict. */
export interface LabelBounds {
  readonly templates: readonly string[];
  readonly topics: readonly string[];
  readonly resultCodes: readonly string[];
}

/**
 * The label sets of a metric that stand at 0 from the start, so that a rate sees the first event. A result code begins
 * with the statuses that the API documents for it; without labels it is one empty set; bounded by the assignment, none.
 */
export function labelSetsAtStart(name: MetricName, bounds: LabelBounds): readonly Readonly<Record<string, string>>[] {
  let sets: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [label, values] of Object.entries(specOf(name).labels)) {
    const known = label === 'result_code' ? resultCodeLabels(bounds) : valuesAtStart(values, bounds);
    sets = sets.flatMap(set => known.map(value => ({ ...set, [label]: value })));
  }
  return name === 'deliveries_total' ? sets.filter(isDocumentedPair) : sets;
}

/** The result codes that stand in the metrics from the start. */
export function resultCodeLabels({ resultCodes: named }: LabelBounds): readonly string[] {
  return [...new Set([...Object.keys(resultCodes), ...named, noneLabel, otherLabel])];
}

function valuesAtStart(values: LabelValues, bounds: LabelBounds): readonly string[] {
  switch (values) {
    case 'templates':
    case 'topics':
      return bounds[values];
    case 'partitions':
    case 'versions':
      return [];
    default:
      return values;
  }
}

// API document, "Response": the status of each code. UNKNOWN_EXCEPTION is F there, and U on its sibling APIs.
const documentedStatuses: Readonly<Partial<Record<ResultCode | typeof noneLabel, readonly string[]>>> = {
  SUCCESS: ['S'],
  UNKNOWN_EXCEPTION: ['F', 'U'],
  SYSTEM_ERROR: ['U'],
  REQUEST_TRAFFIC_EXCEED_LIMIT: ['U'],
  [noneLabel]: [noneLabel],
};
const anyStatus = ['S', 'F', 'U'];

function isDocumentedPair({ result_code, result_status }: Readonly<Record<string, string>>): boolean {
  const code = result_code ?? '';
  const isDocumented = code === otherLabel || Object.hasOwn(resultCodes, code);
  const statuses = documentedStatuses[code as ResultCode] ?? (isDocumented ? ['F'] : anyStatus);
  return statuses.includes(result_status ?? '');
}
