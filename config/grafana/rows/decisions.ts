import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { lines, selected } from '../panels.ts';

const ratesOf = (metric: string, by: string, more = '') => [
  { expr: `sum by (${by}) (rate(${metric}{${selected}${more}}[$__rate_interval]))`, legend: `{{${by}}}` },
];

/** What became of each record, and why. */
export const decisions: readonly Builder<Panel>[] = [
  lines(
    {
      title: 'Records from Kafka',
      description:
        'Records received, by topic. Good: it follows your shop. None while orders change: Debezium, or the consumer group.',
      unit: 'ops',
      width: 6,
      queries: ratesOf('card_sync_records_consumed_total', 'topic', ', topic=~"$topic"'),
      alerts: ['CardSyncNotConsuming'],
    },
    'stacked',
  ),
  lines(
    {
      title: 'Where records end',
      description:
        'delivered, skipped (no request was needed), superseded (a newer one took its place while it waited), dead-lettered. Good: no dead-lettered.',
      unit: 'ops',
      width: 6,
      queries: ratesOf('card_sync_changes_settled_total', 'outcome'),
      alerts: ['CardSyncDeadLetters'],
    },
    'stacked',
  ),
  lines(
    {
      title: 'Skipped, by reason',
      description:
        'unmapped: no mapping wants the row; unchanged: the customer would see no difference; stale, duplicate: read again after a restart. Good: steady. A jump of unmapped after a deployment: the mapping.',
      unit: 'ops',
      width: 6,
      queries: ratesOf('card_sync_changes_skipped_total', 'reason'),
      alerts: ['CardSyncTableTruncated'],
    },
    'stacked',
  ),
  lines({
    title: 'Healed',
    description:
      'Sent again under the command that is named, since the platform knew better. Good: near 0; some after a start with a new journal. Many: somebody else sends cards too, or the journal is another one.',
    unit: 'ops',
    width: 6,
    queries: ratesOf('card_sync_heals_total', 'command'),
  }),
];
