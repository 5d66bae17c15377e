import type { MetricsPage } from './metrics-page.ts';

/** What the connector's metrics say, at one moment. */
export interface Reading {
  /** Answers by result code, the most frequent first. */
  readonly answers: readonly (readonly [code: string, count: number])[];
  /** Changes the platform has accepted. */
  readonly delivered: number;
  /** Changes that needed no request, by reason. */
  readonly skipped: readonly (readonly [reason: string, count: number])[];
  readonly lag: number;
  readonly queued: number;
  readonly inFlight: number;
  /** Orders that wait for a repeated attempt. */
  readonly waiting: number;
  readonly retries: number;
  readonly deadLetters: number;
  /** Offsets accounted for, over all partitions. */
  readonly settled: number;
  /** Mean of bizDate to acceptance, in seconds; null before the first. */
  readonly meanDelay: number | null;
}

/** Reads them from the metrics page. */
export function readingOf(page: MetricsPage): Reading {
  const answers = page.sumBy('card_sync_deliveries_total', 'result_code');
  const accepted = page.sum('card_sync_end_to_end_delay_seconds_count');
  return {
    answers,
    delivered: accepted,
    skipped: page.sumBy('card_sync_changes_skipped_total', 'reason'),
    lag: page.sum('card_sync_consumer_lag'),
    queued: page.sum('card_sync_queued_changes'),
    inFlight: page.sum('card_sync_in_flight_requests'),
    waiting: page.sum('card_sync_waiting_orders'),
    retries: page.sum('card_sync_retries_total'),
    deadLetters: page.sum('card_sync_dead_letters_total'),
    settled: page.sum('card_sync_frontier_offset'),
    meanDelay: accepted === 0 ? null : page.sum('card_sync_end_to_end_delay_seconds_sum') / accepted,
  };
}

/** Whether everything that the topic must hold (`records`) is accounted for, and nothing is under way. */
export function isSettled(reading: Reading, records: number): boolean {
  const underWay = reading.lag + reading.queued + reading.inFlight + reading.waiting;
  return reading.settled >= records && underWay === 0;
}
