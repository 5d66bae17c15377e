import type { Counter, Histogram } from 'prom-client';
import type { AttemptReport, Meter } from '../flow/ports.ts';
import type { DurationMs } from '../kernel/time.ts';
import type { SignatureCheck } from '../order/answer.ts';
import type { CardChange } from '../order/change.ts';
import { customerIdsOf } from '../order/customer-ids.ts';
import type { CardRequest } from '../order/decide.ts';
import { type LabelBounds, resultCodeLabels } from './label-sets.ts';
import type { MetricObjects } from './metric-objects.ts';
import { noneLabel, otherLabel, specOf } from './metrics.ts';

/** Counts what happens outside of the flow. Cheap; never throws. */
export interface OuterMeter {
  signatureChecked(check: SignatureCheck): void;
  /** The schema registry stopped answering, or answers again. */
  registryAvailable(available: boolean): void;
  /** A partition's journal was read. */
  journalRestored(records: number, duration: DurationMs): void;
  journalWritable(writable: boolean): void;
  /** What was not as it was left: a code of `journal_faults_total`. */
  journalFault(code: string): void;
  /** The key files changed, and what they hold was taken, or refused. */
  keysReloaded(taken: boolean): void;
}

/**
 * The counting side of the metrics. On the hot path no label is looked at twice: the children of each metric are resolved
 * once and kept (prom-client would check and join the labels of every call; measured: 1.5 µs a delivered change, all its metrics together).
 */
export function createMeter(metrics: MetricObjects, bounds: LabelBounds): Meter & OuterMeter {
  const counts = {
    received: childrenOf(metrics.records_consumed_total, 'topic', bounds.topics),
    settled: childrenOf(metrics.changes_settled_total, 'outcome', valuesOf('changes_settled_total', 'outcome')),
    skipped: childrenOf(metrics.changes_skipped_total, 'reason', valuesOf('changes_skipped_total', 'reason')),
    limited: childrenOf(metrics.rate_limited_total, 'cause', valuesOf('rate_limited_total', 'cause')),
    retried: childrenOf(metrics.retries_total, 'cause', valuesOf('retries_total', 'cause')),
    healed: childrenOf(metrics.heals_total, 'command', valuesOf('heals_total', 'command')),
    deadLettered: childrenOf(metrics.dead_letters_total, 'reason', valuesOf('dead_letters_total', 'reason')),
    signatures: childrenOf(metrics.answer_signatures_total, 'result', valuesOf('answer_signatures_total', 'result')),
    keysReloaded: childrenOf(metrics.key_reloads_total, 'outcome', valuesOf('key_reloads_total', 'outcome')),
    committed: childrenOf(metrics.commits_total, 'outcome', valuesOf('commits_total', 'outcome')),
    journalFault: childrenOf(metrics.journal_faults_total, 'reason', valuesOf('journal_faults_total', 'reason')),
    degraded: childrenOf(metrics.degradations_total, 'reason', valuesOf('degradations_total', 'reason')),
  };
  const delivered = deliveryCounter(metrics.deliveries_total, bounds);
  const durations = durationsOf(metrics.delivery_duration_seconds);
  const endToEnd = metrics.end_to_end_delay_seconds.labels({});
  const parkings = metrics.parkings_total.labels({});
  const evictions = metrics.orders_evicted_total.labels({});
  const sinceAppended = metrics.append_to_accepted_seconds.labels({});

  return {
    received: (topic, records) => counts.received(topic).inc(records),
    settled: outcome => counts.settled(outcome).inc(),
    skipped: reason => counts.skipped(reason).inc(),
    attempted: report => {
      delivered(report);
      durations(report.verdict.kind).observe(seconds(report.durationMs));
    },
    accepted: (sinceBizDate, sinceAppend) => {
      endToEnd.observe(seconds(sinceBizDate));
      sinceAppended.observe(seconds(sinceAppend));
    },
    retried: cause => counts.retried(cause).inc(),
    limited: cause => counts.limited(cause).inc(),
    parked: () => parkings.inc(),
    healed: request => counts.healed(request.command).inc(),
    deadLettered: letter => counts.deadLettered(letter.reason).inc(),
    committed: ok => counts.committed(ok ? 'ok' : 'failed').inc(),
    rebalanced: () => metrics.rebalances_total.inc(),
    strayed: () => metrics.orders_from_two_partitions_total.inc(),
    evicted: () => evictions.inc(),
    degraded: fault => {
      if (fault) counts.degraded(fault.code).inc();
    },
    topicHeld: fault => {
      if (fault) counts.degraded(fault.code).inc();
    },
    signatureChecked: check => counts.signatures(check).inc(),
    journalRestored: (records, duration) => {
      metrics.journal_restored_records_total.inc(records);
      metrics.journal_restore_duration_seconds.observe(seconds(duration));
    },
    journalWritable: writable => metrics.journal_unwritable.set(writable ? 0 : 1),
    journalFault: code => counts.journalFault(code).inc(),
    registryAvailable: available => metrics.registry_unavailable.set(available ? 0 : 1),
    keysReloaded: taken => {
      counts.keysReloaded(taken ? 'taken' : 'refused').inc();
      metrics.key_files_refused.set(taken ? 0 : 1);
    },
  };
}

type CounterChild = Counter.Internal;

/** The children of a counter with one label; a value that is not in the closed list counts as `other`. */
function childrenOf(counter: Counter, label: string, values: readonly string[]): (value: string) => CounterChild {
  const children = new Map(values.map(value => [value, counter.labels({ [label]: value })]));
  const other = () => kept(children, otherLabel, () => counter.labels({ [label]: otherLabel }));
  return value => children.get(value) ?? other();
}

/** So many codes that nobody told us of are counted under their own names; what comes after them is `other`. */
export const strangeCodesMax = 20;

function deliveryCounter(counter: Counter, bounds: LabelBounds): (report: AttemptReport) => void {
  const children = new Map<string, CounterChild>();
  const templates = new Set(bounds.templates);
  const codeLabel = codeLabels(resultCodeLabels(bounds));
  return ({ request, answer }) => {
    const result = answer.kind === 'answered' ? answer.result : null;
    const code = result?.code ?? noneLabel;
    const status = result?.status ?? noneLabel;
    const { template } = request.change.card;
    // What is not known gets no child under its own name: those would be endless.
    const key = `${code} ${status} ${request.command} ${template}`;
    const child = children.get(key) ?? childOf(codeLabel(code, request.change), status, request, closed(template));
    child.inc();
  };

  function closed(template: string): string {
    return templates.has(template) ? template : otherLabel;
  }

  function childOf(code: string, status: string, { command }: CardRequest, template: string): CounterChild {
    const labels = { result_code: code, result_status: status, command, template };
    return kept(children, `${code} ${status} ${command} ${template}`, () => counter.labels(labels));
  }
}

/** The label of a result code: its own name if it is known, or among the first strangers and no id of a customer. */
function codeLabels(known: readonly string[]): (code: string, change: CardChange) => string {
  const names = new Set(known);
  let strangers = 0;
  return (code, change) => {
    if (names.has(code)) return code;
    const isName = /^[A-Za-z0-9_]{1,64}$/.test(code);
    if (strangers >= strangeCodesMax || !isName || customerIdsOf(change).some(id => repeats(code, id))) {
      return otherLabel;
    }
    strangers++;
    names.add(code);
    return code;
  };
}

function repeats(code: string, id: string): boolean {
  return id !== '' && code.toLowerCase().includes(id.toLowerCase());
}

function durationsOf(histogram: Histogram): (outcome: string) => Histogram.Internal<string> {
  const children = new Map<string, Histogram.Internal<string>>();
  return outcome => kept(children, outcome, () => histogram.labels({ outcome }));
}

function kept<T>(children: Map<string, T>, key: string, make: () => T): T {
  const child = children.get(key) ?? make();
  children.set(key, child);
  return child;
}

function valuesOf(name: Parameters<typeof specOf>[0], label: string): readonly string[] {
  const values = specOf(name).labels[label];
  return typeof values === 'object' ? values : [];
}

/** prom-client throws on what is no number; clocks that disagree make spans that are negative. */
function seconds(ms: DurationMs): number {
  return ms > 0 && ms < Number.POSITIVE_INFINITY ? ms / 1000 : 0;
}
