import { type LabelValues, type MetricName, metricPrefix, specOf } from '../../connector/observe/metrics.ts';

/** Metrics that are read together. */
export interface MetricGroup {
  readonly title: string;
  /** What they tell, in the README's table. */
  readonly says: string;
  readonly names: readonly MetricName[];
}

/** All metrics, in the order in which somebody who is woken up asks. A test holds this complete. */
export const metricGroups: readonly MetricGroup[] = [
  {
    title: 'Deliveries',
    says: 'attempts by result code (a series for each known one from the start), how long they took, what went wrong with them',
    names: [
      'deliveries_total',
      'delivery_duration_seconds',
      'retries_total',
      'heals_total',
      'dead_letters_total',
      'answer_signatures_total',
    ],
  },
  {
    title: 'Delay',
    says: 'how long after the change, and after Kafka, a card was accepted; the oldest change that is not accounted for',
    names: [
      'end_to_end_delay_seconds',
      'append_to_accepted_seconds',
      'oldest_unsettled_timestamp_seconds',
      'uncommitted_since_timestamp_seconds',
      'consumer_lag',
    ],
  },
  {
    title: 'Records',
    says: 'every record ends as delivered, skipped, superseded or dead-lettered; `unaccounted_records` is conservation: always 0, or the connector has a defect',
    names: [
      'records_consumed_total',
      'changes_settled_total',
      'changes_skipped_total',
      'unsettled_records',
      'unaccounted_records',
      'orders_from_two_partitions_total',
    ],
  },
  {
    title: 'Outages',
    says: 'intake is stopped because of the platform or our credentials; keys refused; the schema registry away',
    names: [
      'degraded',
      'degradations_total',
      'breaker_open',
      'key_files_refused',
      'key_reloads_total',
      'registry_unavailable',
    ],
  },
  {
    title: 'Work at hand',
    says: 'what is in flight, waits and is parked, and what holds deliveries back',
    names: [
      'in_flight_requests',
      'in_flight_limit',
      'in_flight_limit_max',
      'requests_per_second_limit',
      'request_tokens',
      'rate_limited_total',
      'queued_changes',
      'queued_bytes',
      'waiting_orders',
      'parked_orders',
      'parkings_total',
      'lanes',
      'tracked_orders',
      'orders_evicted_total',
    ],
  },
  {
    title: 'Partitions',
    says: 'which partitions are ours, how far each is, and whether commits succeed',
    names: [
      'assigned_partitions',
      'paused_partitions',
      'frontier_offset',
      'highest_offset',
      'commits_total',
      'rebalances_total',
    ],
  },
  {
    title: 'Journal',
    says: 'the journal being read, whether it can be written, and what was not as it was left',
    names: [
      'restoring_partitions',
      'journal_restored_records_total',
      'journal_restore_duration_seconds',
      'journal_unwritable',
      'journal_faults_total',
    ],
  },
  { title: 'Process', says: 'what is running', names: ['build_info'] },
];

/** What Node's client brings beside ours, as far as the dashboard and the alerts use it: name → what it says. */
export const nodeMetrics: Readonly<Record<string, string>> = {
  process_start_time_seconds: 'When the process started; it changes with each restart',
  process_cpu_seconds_total: 'CPU time used',
  process_resident_memory_bytes: 'Memory of the process',
  process_open_fds: 'Open files and connections',
  process_max_fds: 'Most of them that the system allows',
  nodejs_heap_size_used_bytes: 'Memory used by objects',
  nodejs_heap_size_total_bytes: 'Memory reserved for objects',
  nodejs_external_memory_bytes: 'Memory of buffers, outside of the heap',
  nodejs_eventloop_lag_mean_seconds:
    'How late the event loop was on average since the last scrape, 10 ms of the timer included',
  nodejs_eventloop_lag_p99_seconds: 'The same, 99th percentile',
  nodejs_gc_duration_seconds: 'Pauses of the garbage collector, by kind',
};

/** The lines of the README's table, without the markers. */
export function readmeTable(): string {
  const rows = metricGroups.map(({ names, says }) => `| ${names.map(shortName).join(', ')} | ${says} |`);
  return ['| metrics | say |', '|---|---|', ...rows].join('\n');
}

/** docs/metrics.md. */
export function metricsReference(): string {
  return `# Metrics

Made from \`connector/observe/metrics.ts\`; a test compares (\`npx vitest run --project unit test/unit/observe -u\` writes it anew).

\`GET /metrics\` at the address of the settings \`observe.host\` and \`observe.port\` (9464), in Prometheus' text format. Durations are seconds, sizes bytes, moments seconds since 1970.
No label holds an order, a user or a request. Series of closed labels stand at 0 from the start, so that \`rate\` and \`increase\` see the first event; those by partition come with the
assignment of the partition and go with it.

Dashboard: [\`config/grafana/\`](../config/grafana/). Alerts: [\`config/prometheus/rules/card-sync.yml\`](../config/prometheus/rules/card-sync.yml), explained in [runbooks.md](runbooks.md).

${metricGroups.map(groupSection).join('\n')}
## Node's own

As far as the dashboard and the alerts use them; all of them are those of \`prom-client\`.

| metric | says |
|---|---|
${Object.entries(nodeMetrics)
  .map(([name, says]) => `| \`${name}\` | ${says} |`)
  .join('\n')}
`;
}

function groupSection({ title, names }: MetricGroup): string {
  const rows = names.map(name => {
    const { type, help, labels, buckets } = specOf(name);
    const bounds = buckets === undefined ? '' : `. Buckets to ${buckets.join(', ')} s`;
    const labelTexts = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${valuesText(values)}`);
    return `| \`${metricPrefix}${name}\` | ${type} | ${labelTexts.join('<br>')} | ${help}${bounds} |`;
  });
  return [`## ${title}`, '', '| metric | type | labels | says |', '|---|---|---|---|', ...rows, ''].join('\n');
}

const boundTexts: Readonly<Record<Extract<LabelValues, string>, string>> = {
  templates: 'the templates of the mappings, and `other`',
  topics: 'the source topics',
  partitions: 'those assigned',
  versions: 'of what is running',
};

function valuesText(values: LabelValues): string {
  if (typeof values === 'string') return boundTexts[values];
  return values.map(value => `\`${value}\``).join(', ');
}

function shortName(name: MetricName): string {
  const labels = Object.keys(specOf(name).labels).filter(label => label !== 'topic' && label !== 'partition');
  return `\`${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''}\``;
}
