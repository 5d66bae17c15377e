import type { DurationMs, Instant } from '../../../kernel/time.ts';
import { span } from '../../words.ts';
import { type Found, type Looked, skipped, worstOf } from '../finding.ts';
import type { SeenTopic } from './rows.ts';

/** Moments of one request's answer, for {@link clockOfPlatform}. */
export interface ServerTime {
  /** What the server said. */
  readonly at: Instant;
  /** Our clock when the answer came. */
  readonly heardAt: Instant;
}

const toleranceMs: DurationMs = 1_000;
/** An HTTP date has whole seconds, and a request takes its time. */
const platformToleranceMs: DurationMs = 5_000;
const slowMs: DurationMs = 60_000;

type Reason = Parameters<typeof worstOf>[3][number];

/**
 * The clocks of the database (commit), of Kafka or the Connect worker (append), and ours, as far as records tell: a later step
 * that seems earlier. A clock that is behind looks like delay.
 */
export function lookAtClocks(topics: readonly SeenTopic[], now: Instant): Looked<true> {
  const [id, title] = ['rows.clocks', 'clocks agree'] as const;
  const changes = topics.flatMap(topic => topic.changes).filter(({ change }) => change.op !== 'read');
  if (changes.length === 0) return { found: [skipped(id, title, 'there is no change but of a snapshot')], value: true };
  const ahead = Math.max(...changes.map(({ change, record }) => change.committedAt - record.timestamp));
  const behind = Math.max(...changes.map(({ record }) => record.timestamp - now));
  const delay = Math.max(0, -ahead);
  const reasons: Reason[] = [];
  const ntp = 'keep all clocks right (NTP): bizDate, delays and waits are told by them';
  if (ahead > toleranceMs) {
    const detail = `the database's clock is ${span(ahead)} ahead of Kafka's: commits come after their records`;
    reasons.push({ state: 'warning', detail, remedy: ntp });
  }
  if (behind > toleranceMs) {
    const detail = `our clock is ${span(behind)} behind Kafka's: records come from the future`;
    reasons.push({ state: 'warning', detail, remedy: ntp });
  }
  if (delay > slowMs) {
    const detail = `no record came within ${span(delay)} of its commit: the database's clock is behind, or Debezium is`;
    reasons.push({ state: 'warning', detail, remedy: "compare the database's clock; look at Debezium's lag" });
  }
  const detail = `the quickest of ${changes.length} changes took ${span(delay)} from commit to Kafka`;
  return { found: [worstOf(id, title, detail, reasons)], value: true };
}

/** Our clock beside the platform's, by the `Date` of an answer; AlipayHK looks at the time of requests. */
export function clockOfPlatform(time: ServerTime | null): Found {
  const [id, title] = ['platform.clock', 'our clock is right'] as const;
  if (time === null) return skipped(id, title, 'the answer has no Date');
  const off = time.heardAt - time.at;
  // The date is cut off to the second before: half of that is expected.
  const apart = Math.abs(off - 500);
  const side = off > 0 ? 'ahead of' : 'behind';
  const reasons: readonly Reason[] =
    apart > platformToleranceMs
      ? [
          {
            state: 'warning',
            detail: `our clock is ${span(Math.abs(off))} ${side} the one at platform.baseUrl`,
            remedy: 'keep our clock right (NTP): Request-Time is signed with it',
          },
        ]
      : [];
  return worstOf(id, title, 'within seconds of the one at platform.baseUrl', reasons);
}
