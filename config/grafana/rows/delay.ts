import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { heatMap, lines, type Query, selected } from '../panels.ts';

const quantiles = (histogram: string): readonly Query[] =>
  [0.5, 0.9, 0.99].map(quantile => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${histogram}_bucket{${selected}}[$__rate_interval])))`,
    legend: `${quantile * 100} %`,
  }));

/** How long a card takes. */
export const delay: readonly Builder<Panel>[] = [
  heatMap(
    {
      title: 'From the change to its card',
      description:
        "End to end: from the change's bizDate to AlipayHK's acceptance. Good: a dark band below a second or two. A band that climbs: an outage, or too little in flight.",
      unit: 's',
      width: 8,
      alerts: ['CardSyncChangeTooOld'],
    },
    'card_sync_end_to_end_delay_seconds',
    selected,
  ),
  heatMap(
    {
      title: 'From Kafka to the card',
      description:
        'From the append to Kafka to the acceptance: our part and AlipayHK’s. Good: below a second. Is this low and end to end is high, Debezium or the database is late.',
      unit: 's',
      width: 8,
      alerts: ['CardSyncLagGrowing'],
    },
    'card_sync_append_to_accepted_seconds',
    selected,
  ),
  heatMap(
    {
      title: 'At the platform',
      description:
        'From signing a request to its answer, of all attempts. Good: a narrow band, far below platform.requestTimeoutMs. Wide or rising: AlipayHK, or the network to it.',
      unit: 's',
      width: 8,
      alerts: ['CardSyncPlatformUnreachable'],
    },
    'card_sync_delivery_duration_seconds',
    selected,
  ),
  lines({
    title: 'From the change to its card: quantiles',
    description: 'The same as above, as quantiles. Good: 99 % below a few seconds. Empty where nothing was delivered.',
    unit: 's',
    width: 8,
    thresholds: [
      [null, 'green'],
      [300, 'red'],
    ],
    queries: quantiles('card_sync_end_to_end_delay_seconds'),
    alerts: ['CardSyncChangeTooOld'],
  }),
  lines({
    title: 'From Kafka to the card: quantiles',
    description:
      'The same as above, as quantiles. Good: 99 % below a second or two. Empty where nothing was delivered.',
    unit: 's',
    width: 8,
    thresholds: [
      [null, 'green'],
      [300, 'red'],
    ],
    queries: quantiles('card_sync_append_to_accepted_seconds'),
    alerts: ['CardSyncLagGrowing'],
  }),
  lines({
    title: 'At the platform: by what followed, 90 %',
    description:
      'How long nine of ten attempts took, by what followed. Good: accepted far below the time-out. retry at the time-out: no answers come.',
    unit: 's',
    width: 8,
    queries: [
      {
        expr: `histogram_quantile(0.9, sum by (le, outcome) (rate(card_sync_delivery_duration_seconds_bucket{${selected}}[$__rate_interval])))`,
        legend: '{{outcome}}',
      },
    ],
    alerts: ['CardSyncPlatformUnreachable'],
  }),
];
