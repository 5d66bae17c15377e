import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { lines, selected, selectedPartitions } from '../panels.ts';

const byPartition = (metric: string) => [
  { expr: `max by (topic, partition) (${metric}{${selectedPartitions}})`, legend: '{{topic}} {{partition}}' },
];

/** Partitions, the instances that have them, and what is kept in Kafka. */
export const partitions: readonly Builder<Panel>[] = [
  lines({
    title: 'Lag, by partition',
    description:
      'Records between what is accounted for and the end of the partition. Good: near 0 and alike. One that grows alone: its instance, or uneven keys.',
    unit: 'short',
    width: 8,
    queries: byPartition('card_sync_consumer_lag'),
    alerts: ['CardSyncLagGrowing'],
  }),
  lines({
    title: 'Oldest change, by partition',
    description:
      'Age of the oldest record not accounted for; no line where none waits. Good: seconds. Above 5 minutes it pages.',
    unit: 's',
    width: 8,
    thresholds: [
      [null, 'green'],
      [300, 'red'],
    ],
    queries: [
      {
        expr: `time() - max by (topic, partition) (card_sync_oldest_unsettled_timestamp_seconds{${selectedPartitions}} > 0)`,
        legend: '{{topic}} {{partition}}',
      },
    ],
    alerts: ['CardSyncChangeTooOld'],
  }),
  lines({
    title: 'Progress, by partition',
    description:
      'How fast the frontier (all below is accounted for) moves on, in records a second. Good: it follows the changes. 0 with a lag: that partition is stuck.',
    unit: 'ops',
    width: 8,
    queries: [
      {
        expr: `max by (topic, partition) (deriv(card_sync_frontier_offset{${selectedPartitions}}[$__rate_interval]))`,
        legend: '{{topic}} {{partition}}',
      },
    ],
    alerts: ['CardSyncChangeTooOld'],
  }),
  lines({
    title: 'Received and not accounted for, by partition',
    description:
      'Records in memory: queued, in flight, or waiting for a repetition. Good: small. It ends at flow.queuedMax: then fetching is paused.',
    unit: 'short',
    width: 8,
    queries: byPartition('card_sync_unsettled_records'),
    alerts: ['CardSyncChangeTooOld'],
  }),
  lines({
    title: 'Conservation',
    description:
      'Consumed − settled − parked − queued − in flight: always 0. Anything else is a defect of the connector: keep its log, restart it, report it.',
    unit: 'short',
    width: 8,
    thresholds: [
      [null, 'green'],
      [1, 'red'],
    ],
    queries: [
      {
        expr: `max by (topic, partition) (abs(card_sync_unaccounted_records{${selectedPartitions}}))`,
        legend: '{{topic}} {{partition}}',
      },
    ],
    alerts: ['CardSyncConservationBroken'],
  }),
  lines({
    title: 'What must not happen',
    description:
      'Changes of one order from two partitions, and what was not as it was left when partitions were assigned, within the last hour. Good: 0.',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum(increase(card_sync_orders_from_two_partitions_total{${selected}}[1h]))`,
        legend: 'orders from two partitions',
      },
      { expr: `sum by (reason) (increase(card_sync_journal_faults_total{${selected}}[1h]))`, legend: '{{reason}}' },
    ],
    alerts: ['CardSyncOrdersFromTwoPartitions', 'CardSyncSourceRecordsLost', 'CardSyncJournalUnreadable'],
  }),
  lines(
    {
      title: 'Partitions, by instance',
      description:
        'Which instance has how many. Good: even, and their sum is that of the topics. An instance that is missing here: it is down, or not in the group.',
      unit: 'short',
      width: 8,
      queries: [{ expr: `sum by (instance) (card_sync_assigned_partitions{${selected}})`, legend: '{{instance}}' }],
      alerts: ['CardSyncNotConsuming', 'CardSyncInstanceDown'],
    },
    'stacked',
  ),
  lines({
    title: 'Paused or restoring, by instance',
    description:
      'paused: fetching waits, to bound memory; restoring: the journal is read, nothing is delivered yet. Good: restoring only after an assignment, for seconds.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `sum by (instance) (card_sync_paused_partitions{${selected}})`, legend: 'paused: {{instance}}' },
      { expr: `sum by (instance) (card_sync_restoring_partitions{${selected}})`, legend: 'restoring: {{instance}}' },
    ],
    alerts: ['CardSyncJournalRestoreSlow'],
  }),
  lines({
    title: 'Rebalances and commits',
    description:
      'Times that partitions were given out anew, and commits of offsets that failed or succeeded. Good: rebalances at deployments only, commits ok. Failed ones are tried again.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `sum(increase(card_sync_rebalances_total{${selected}}[$__rate_interval]))`, legend: 'rebalances' },
      {
        expr: `sum by (outcome) (increase(card_sync_commits_total{${selected}}[$__rate_interval]))`,
        legend: 'commits {{outcome}}',
      },
      {
        expr: `max(time() - (card_sync_uncommitted_since_timestamp_seconds{${selected}} > 0))`,
        legend: 'seconds without a commit, though records wait',
      },
    ],
    alerts: ['CardSyncRebalancing', 'CardSyncCommitsFailing', 'CardSyncCommitsStalled'],
  }),
  lines({
    title: 'Reading the journal',
    description:
      'How long a partition’s journal took to be read, over the last day, and records read a second. Good: seconds. Long: the journal is not compacted, or holds very many orders.',
    unit: 's',
    width: 8,
    queries: [0.5, 0.99].map(quantile => ({
      expr: `histogram_quantile(${quantile}, sum by (le) (increase(card_sync_journal_restore_duration_seconds_bucket{${selected}}[1d])))`,
      legend: `${quantile * 100} %`,
    })),
    alerts: ['CardSyncJournalRestoreSlow'],
  }),
  lines({
    title: 'Journal records read',
    description:
      'Records of the journal read after assignments, a second. Good: a peak after each assignment, 0 between.',
    unit: 'ops',
    width: 8,
    queries: [
      {
        expr: `sum by (instance) (rate(card_sync_journal_restored_records_total{${selected}}[$__rate_interval]))`,
        legend: '{{instance}}',
      },
    ],
    alerts: ['CardSyncJournalRestoreSlow'],
  }),
  lines({
    title: 'Orders in memory',
    description:
      'tracked: orders whose state is remembered (their limit is flow.ordersMax); evicted: orders whose state was dropped past it; lanes: orders with something to do; queued: records that wait to be started. Good: lanes and queued near 0, none evicted.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `sum(card_sync_tracked_orders{${selected}})`, legend: 'tracked' },
      { expr: `sum(increase(card_sync_orders_evicted_total{${selected}}[1h]))`, legend: 'evicted in an hour' },
      { expr: `sum(card_sync_lanes{${selected}})`, legend: 'lanes' },
      { expr: `sum(card_sync_queued_changes{${selected}})`, legend: 'queued' },
    ],
    alerts: ['CardSyncOrdersEvicted'],
  }),
];
