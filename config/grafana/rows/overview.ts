import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { selected, selectedPartitions, stat } from '../panels.ts';

/** Is all well? */
export const overview: readonly Builder<Panel>[] = [
  stat({
    title: 'Alerts firing',
    description:
      'Alerts of card-sync that fire in this Prometheus, for all connectors. Good: 0. Else follow the runbook of each; it begins with which one to take first.',
    unit: 'none',
    width: 3,
    thresholds: [
      [null, 'green'],
      [1, 'red'],
    ],
    queries: [{ expr: 'count(ALERTS{alertname=~"CardSync.*", alertstate="firing"}) or vector(0)', legend: 'alerts' }],
  }),
  stat({
    title: 'Delivered',
    description:
      'Changes that AlipayHK accepted, a second. Good: it follows the orders of your shop. 0 while orders change: look at the breaker, then at the lag.',
    unit: 'ops',
    width: 3,
    queries: [
      {
        expr: `sum(rate(card_sync_changes_settled_total{${selected}, outcome="delivered"}[$__rate_interval]))`,
        legend: 'delivered',
      },
    ],
    alerts: ['CardSyncNotConsuming'],
  }),
  stat({
    title: 'Success ratio',
    description:
      'Share of the attempts that were accepted. Good: above 99 %, the objective of the alerts. Below: "Not accepted" says by which code. Without attempts there is none.',
    unit: 'percentunit',
    width: 3,
    decimals: 2,
    min: 0,
    max: 1,
    thresholds: [
      [null, 'red'],
      [0.856, 'orange'],
      [0.99, 'green'],
    ],
    queries: [
      {
        expr: `sum(rate(card_sync_delivery_duration_seconds_count{${selected}, outcome="accepted"}[$__rate_interval])) / sum(rate(card_sync_delivery_duration_seconds_count{${selected}, outcome!="heal"}[$__rate_interval]))`,
        legend: 'accepted',
      },
    ],
    alerts: ['CardSyncErrorBudgetBurn', 'CardSyncErrorBudgetBurnSlow'],
  }),
  stat({
    title: 'Oldest change',
    description:
      'Age of the oldest record that is neither delivered nor otherwise accounted for; 0 where none waits. Good: seconds. Above 5 minutes it pages.',
    unit: 's',
    width: 3,
    thresholds: [
      [null, 'green'],
      [60, 'orange'],
      [300, 'red'],
    ],
    queries: [
      {
        expr: `time() - min(card_sync_oldest_unsettled_timestamp_seconds{${selectedPartitions}} > 0) or vector(0)`,
        legend: 'age',
      },
    ],
    alerts: ['CardSyncChangeTooOld'],
  }),
  stat({
    title: 'Lag',
    description:
      'Records between what is accounted for and the end of the topics. Good: near 0, or falling. Growing: more in flight or more instances.',
    unit: 'short',
    width: 3,
    thresholds: [
      [null, 'green'],
      [1000, 'orange'],
      [10_000, 'red'],
    ],
    queries: [{ expr: `sum(card_sync_consumer_lag{${selectedPartitions}})`, legend: 'records' }],
    alerts: ['CardSyncLagGrowing'],
  }),
  stat(
    {
      title: 'Breaker',
      description:
        'Closed: deliveries go. Open: most fail, or our credentials are refused; intake is stopped. Probing: one delivery is tried. Good: closed. Nothing is lost meanwhile.',
      unit: 'none',
      width: 3,
      thresholds: [
        [null, 'green'],
        [1, 'orange'],
        [2, 'red'],
      ],
      queries: [
        {
          expr: `max(2 * card_sync_breaker_open{${selected}, state="open"} or card_sync_breaker_open{${selected}, state="probing"})`,
          legend: 'breaker',
        },
      ],
      alerts: ['CardSyncPlatformUnreachable', 'CardSyncCredentialsRefused'],
    },
    { 0: 'closed', 1: 'probing', 2: 'open' },
  ),
  stat({
    title: 'Parked orders',
    description:
      'Orders whose delivery failed at its quick repetitions and waits in the journal for 10 or 30 minutes. Good: 0 to a few. Growing: one kind of order fails.',
    unit: 'short',
    width: 3,
    thresholds: [
      [null, 'green'],
      [10, 'orange'],
      [1000, 'red'],
    ],
    queries: [{ expr: `sum(card_sync_parked_orders{${selected}})`, legend: 'orders' }],
    alerts: ['CardSyncParkedOrdersGrowing'],
  }),
  stat({
    title: 'Dead letters, 24 h',
    description:
      'Records given up within a day. Good: 0. Look at them with "card-sync dead-letters list", mend the cause, redrive.',
    unit: 'short',
    width: 3,
    decimals: 0,
    thresholds: [
      [null, 'green'],
      [0.5, 'orange'],
      [50, 'red'],
    ],
    queries: [{ expr: `sum(increase(card_sync_dead_letters_total{${selected}}[24h]))`, legend: 'records' }],
    alerts: ['CardSyncDeadLetters', 'CardSyncDeadLettersMany'],
  }),
];
