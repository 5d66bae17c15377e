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
  /** Records received. */
  readonly consumed: number;
  /** Offsets accounted for, over all partitions. */
  readonly settled: number;
  /** From bizDate to acceptance, in seconds, summed over what was delivered. */
  readonly delaySum: number;
}

/** Reads them from the metrics page. */
export function readingOf(page: MetricsPage): Reading {
  const answers = page.sumBy('card_sync_deliveries_total', 'result_code');
  return {
    answers,
    delivered: page.sum('card_sync_end_to_end_delay_seconds_count'),
    skipped: page.sumBy('card_sync_changes_skipped_total', 'reason'),
    lag: page.sum('card_sync_consumer_lag'),
    queued: page.sum('card_sync_queued_changes'),
    inFlight: page.sum('card_sync_in_flight_requests'),
    waiting: page.sum('card_sync_waiting_orders'),
    retries: page.sum('card_sync_retries_total'),
    deadLetters: page.sum('card_sync_dead_letters_total'),
    consumed: page.sum('card_sync_records_consumed_total'),
    settled: page.sum('card_sync_frontier_offset'),
    delaySum: page.sum('card_sync_end_to_end_delay_seconds_sum'),
  };
}

/** Whether so many records have come in and each was given to the platform at least once, or needed no request. */
export function isTakenIn(reading: Reading, records: number): boolean {
  return reading.consumed >= records && reading.queued + reading.inFlight === 0;
}

/** Whether everything that the topic must hold (`records`) is accounted for, and nothing is under way. */
export function isSettled(reading: Reading, records: number): boolean {
  const underWay = reading.lag + reading.queued + reading.inFlight + reading.waiting;
  return reading.settled >= records && underWay === 0;
}
