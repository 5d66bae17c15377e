import { deadLetterReasons, limitCauses, outcomes } from '../flow/ports.ts';
import type { FaultCode } from '../kernel/fault.ts';
import type { SignatureCheck } from '../order/answer.ts';
import type { Command } from '../order/change.ts';
import { skipReasons } from '../order/event.ts';
import { resultCodes, retryCauses } from '../order/result-codes.ts';
import type { Verdict } from '../order/verdict.ts';

// Every metric there is, in one table: the series that stand at 0 from the start, the code that counts, the documentation
// and the checks of dashboards all come from here. Names follow Prometheus ("Metric and label naming"): one prefix,
// base units, `_total` for counters, moments as `…_timestamp_seconds`; no label can take endless values.

/** What one label can be: a closed list, or what the settings or the assignment bound it to. */
export type LabelValues = readonly string[] | 'templates' | 'topics' | 'partitions' | 'versions';

/** One metric. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

/** All metrics begin with it. */
export const metricPrefix = 'card_sync_';

/** For what is answered or named and not known, so that no stranger makes series. */
export const otherLabel = 'other';

/** For an attempt that brought no readable result. */
export const noneLabel = 'none';

const commands: readonly Command[] = ['SEND', 'UPDATE'];
const verdicts: readonly Verdict['kind'][] = ['accepted', 'retry', 'heal', 'reject', 'halt'];
const signatureChecks: readonly SignatureCheck[] = ['verified', 'missing', 'bad', 'unchecked'];
const stops: readonly FaultCode[] = [
  'PLATFORM_UNREACHABLE',
  'CREDENTIALS_REFUSED',
  'REFUSALS_UNEXPLAINED',
  'ANSWERS_UNVERIFIED',
  'REFUSALS_UNSIGNED',
  'MAPPING_FITS_NOTHING',
];
const journalFaults: readonly FaultCode[] = [
  'SOURCE_RECORDS_LOST',
  'SOURCE_TOPIC_REMADE',
  'JOURNAL_UNREADABLE',
  'JOURNAL_MISMATCH',
  'JOURNAL_ENTRY_TOO_LARGE',
  'KAFKA_UNREACHABLE',
];
const degradations: readonly string[] = [...stops, otherLabel];
const codes: readonly string[] = [...Object.keys(resultCodes), noneLabel, otherLabel];
const perPartition = { topic: 'topics', partition: 'partitions' } as const;

// A slow partner answers in seconds; a queue behind an outage is minutes or hours old.
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const delayBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400];
// Some orders take milliseconds, a million of them minutes.
const restoreBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** The one table: name without its prefix → metric. */
export const metricTable = {
  deliveries_total: {
    type: 'counter',
    help: `Attempts at the platform, answered or not; ${noneLabel}: no readable result, ${otherLabel}: a code that is not documented, past the first of them`,
    labels: { result_code: codes, result_status: ['S', 'F', 'U', noneLabel], command: commands, template: 'templates' },
  },
  delivery_duration_seconds: {
    type: 'histogram',
    help: 'From signing a request to its answer, by what follows from it',
    labels: { outcome: verdicts },
    buckets: requestBuckets,
  },
  end_to_end_delay_seconds: {
    type: 'histogram',
    help: "From a change's bizDate to its acceptance by the platform",
    labels: {},
    buckets: delayBuckets,
  },
  append_to_accepted_seconds: {
    type: 'histogram',
    help: "From a record's append to Kafka to its acceptance by the platform",
    labels: {},
    buckets: delayBuckets,
  },
  records_consumed_total: { type: 'counter', help: 'Records received from Kafka', labels: { topic: 'topics' } },
  changes_settled_total: {
    type: 'counter',
    help: 'Records accounted for, by where they ended',
    labels: { outcome: outcomes },
  },
  changes_skipped_total: {
    type: 'counter',
    help: 'Records that needed no request, by reason',
    labels: { reason: skipReasons },
  },
  retries_total: { type: 'counter', help: 'Deliveries put off to be tried again', labels: { cause: retryCauses } },
  rate_limited_total: {
    type: 'counter',
    help: 'Deliveries refused for the traffic, and times that deliveries began to wait: for Retry-After, or for platform.requestsPerSecond',
    labels: { cause: limitCauses },
  },
  parkings_total: {
    type: 'counter',
    help: 'Deliveries that outlived their quick repetitions: owed from then on, their offsets accounted for',
    labels: {},
  },
  heals_total: {
    type: 'counter',
    help: 'Changes sent again under the other command, since the platform knew better',
    labels: { command: commands },
  },
  dead_letters_total: {
    type: 'counter',
    help: 'Records given up, written to the dead-letter topic',
    labels: { reason: deadLetterReasons },
  },
  answer_signatures_total: {
    type: 'counter',
    help: "Answers of the platform by what their signature's check said",
    labels: { result: signatureChecks },
  },
  key_reloads_total: {
    type: 'counter',
    help: 'Changes of the key files while running: taken into use, or refused (the keys before stay)',
    labels: { outcome: ['taken', 'refused'] },
  },
  key_files_refused: {
    type: 'gauge',
    help: '1 while the key files hold what was refused: the keys before are in use, and a restart would fail',
    labels: {},
  },
  orders_from_two_partitions_total: {
    type: 'counter',
    help: 'Changes of an order whose earlier changes came from another partition: their order is not certain',
    labels: {},
  },
  commits_total: { type: 'counter', help: 'Commits of offsets', labels: { outcome: ['ok', 'failed'] } },
  rebalances_total: { type: 'counter', help: 'Times the consumer group gave partitions out anew', labels: {} },
  degradations_total: {
    type: 'counter',
    help: 'Times intake stopped because of the platform or our credentials',
    labels: { reason: degradations },
  },
  degraded: {
    type: 'gauge',
    help: '1 while intake is stopped for this reason',
    labels: { reason: degradations },
  },
  breaker_open: {
    type: 'gauge',
    help: '1 while the breaker is not closed: open (waits), or probing (tries one delivery)',
    labels: { state: ['open', 'probing'] },
  },
  in_flight_requests: { type: 'gauge', help: 'Requests at the platform now', labels: {} },
  in_flight_limit: {
    type: 'gauge',
    help: 'Most requests at the platform at once: flow.inFlightMax, or less where it refused for the traffic',
    labels: {},
  },
  in_flight_limit_max: { type: 'gauge', help: 'flow.inFlightMax', labels: {} },
  requests_per_second_limit: {
    type: 'gauge',
    help: 'Most requests a second of this instance: its share of platform.requestsPerSecond; 0 where there is no limit',
    labels: {},
  },
  request_tokens: {
    type: 'gauge',
    help: 'Requests that may start at once under it; below 0: made ahead of their time; 0 where there is no limit',
    labels: {},
  },
  queued_changes: { type: 'gauge', help: 'Records received and not yet started', labels: {} },
  queued_bytes: { type: 'gauge', help: 'Bytes of records held in memory', labels: {} },
  parked_orders: { type: 'gauge', help: 'Orders whose delivery is owed: it waits in the journal', labels: {} },
  waiting_orders: { type: 'gauge', help: 'Orders that wait for the next attempt of a failed delivery', labels: {} },
  lanes: { type: 'gauge', help: 'Orders with something queued, waiting or in flight', labels: {} },
  orders_evicted_total: {
    type: 'counter',
    help: 'Orders whose state was dropped from memory, for there are more than flow.ordersMax: what is known of them is less exact until they change again',
    labels: {},
  },
  tracked_orders: { type: 'gauge', help: 'Orders whose state is remembered', labels: {} },
  assigned_partitions: { type: 'gauge', help: 'Partitions that are ours', labels: {} },
  paused_partitions: { type: 'gauge', help: 'Partitions whose fetching is paused, to bound memory', labels: {} },
  consumer_lag: {
    type: 'gauge',
    help: "Records between the frontier and the partition's end, as of the last fetch",
    labels: perPartition,
  },
  frontier_offset: {
    type: 'gauge',
    help: 'Next offset to commit: all below are accounted for',
    labels: perPartition,
  },
  highest_offset: { type: 'gauge', help: 'Highest offset received', labels: perPartition },
  unsettled_records: { type: 'gauge', help: 'Records received and not yet accounted for', labels: perPartition },
  oldest_unsettled_timestamp_seconds: {
    type: 'gauge',
    help: 'When the oldest record not accounted for was appended to Kafka; 0 where there is none',
    labels: perPartition,
  },
  uncommitted_since_timestamp_seconds: {
    type: 'gauge',
    help: 'When records began to wait, or the last commit moved, whichever is later; 0 where nothing waits',
    labels: perPartition,
  },
  unaccounted_records: {
    type: 'gauge',
    help: 'Records consumed that are neither settled, parked, queued nor in flight: 0, or the connector has a defect',
    labels: perPartition,
  },
  journal_restored_records_total: {
    type: 'counter',
    help: 'Records of the journal read when partitions were assigned',
    labels: {},
  },
  journal_restore_duration_seconds: {
    type: 'histogram',
    help: "From a partition's assignment to its first delivery: reading its journal",
    labels: {},
    buckets: restoreBuckets,
  },
  journal_unwritable: {
    type: 'gauge',
    help: '1 while the journal cannot be written: deliveries wait for it',
    labels: {},
  },
  journal_faults_total: {
    type: 'counter',
    help: 'What was not as it was left when partitions were assigned (records of the source lost, of the journal unreadable or of another connector), and entries too large for the journal',
    labels: { reason: [...journalFaults, otherLabel] },
  },
  restoring_partitions: { type: 'gauge', help: 'Partitions whose journal is being read', labels: {} },
  registry_unavailable: { type: 'gauge', help: '1 while the schema registry does not answer', labels: {} },
  build_info: {
    type: 'gauge',
    help: 'Always 1; its labels say what is running',
    labels: { version: 'versions', node: 'versions' },
  },
} as const satisfies Record<string, MetricSpec>;

/** The name of a metric, without its prefix. */
export type MetricName = keyof typeof metricTable;

/** The names of the metrics of one type. */
export type NameOf<Type extends MetricSpec['type']> = {
  [Name in MetricName]: (typeof metricTable)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** The metric of a name. */
export function specOf(name: MetricName): MetricSpec {
  return metricTable[name];
}
