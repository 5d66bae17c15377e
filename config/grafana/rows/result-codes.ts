import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { lines, selected, table } from '../panels.ts';

const attempts = (by: string, more = '') =>
  `sum by (${by}) (rate(card_sync_deliveries_total{${selected}, template=~"$template"${more}}[$__rate_interval]))`;

/** What AlipayHK answers. */
export const resultCodes: readonly Builder<Panel>[] = [
  lines(
    {
      title: 'Attempts by result code',
      description:
        'All attempts, by the code of the answer; none: no readable result. Good: nearly all SUCCESS. What each code means is in the README.',
      unit: 'ops',
      width: 12,
      queries: [{ expr: attempts('result_code'), legend: '{{result_code}}' }],
    },
    'stacked',
  ),
  lines({
    title: 'Not accepted, by result code',
    description:
      'The same without SUCCESS. Good: near 0; ORDER_NOT_FOUND and UN_SUPPORT_BUSINESS are mostly healed at once. INVALID_… and ACCESS_DENIED are our own credentials.',
    unit: 'ops',
    width: 12,
    queries: [
      {
        expr: attempts('result_code, result_status', ', result_code!="SUCCESS"'),
        legend: '{{result_code}} ({{result_status}})',
      },
    ],
    alerts: ['CardSyncErrorBudgetBurn', 'CardSyncCredentialsRefused'],
  }),
  lines(
    {
      title: 'Attempts by template',
      description:
        'Which kinds of orders are delivered. Good: it follows your shop. One that stops: its mapping, or its table.',
      unit: 'ops',
      width: 6,
      queries: [{ expr: attempts('template'), legend: '{{template}}' }],
    },
    'stacked',
  ),
  lines({
    title: 'Not accepted, share by template',
    description:
      'Share of the attempts of each template that brought no SUCCESS. Good: near 0 and alike. One template alone: its mapping, or its data.',
    unit: 'percentunit',
    width: 6,
    max: 1,
    queries: [
      {
        expr: `${attempts('template', ', result_code!="SUCCESS"')} / ${attempts('template')}`,
        legend: '{{template}}',
      },
    ],
    alerts: ['CardSyncErrorBudgetBurn'],
  }),
  lines(
    {
      title: 'Attempts by command',
      description:
        'SEND makes a card, UPDATE changes or ends it. Good: more UPDATE than SEND, as an order changes several times.',
      unit: 'ops',
      width: 6,
      queries: [{ expr: attempts('command'), legend: '{{command}}' }],
    },
    'stacked',
  ),
  lines(
    {
      title: 'Attempts by what follows',
      description:
        'accepted; retry: asked again; heal: sent under the other command; reject: a dead letter; halt: intake stops. Good: accepted alone.',
      unit: 'ops',
      width: 6,
      queries: [
        {
          expr: `sum by (outcome) (rate(card_sync_delivery_duration_seconds_count{${selected}}[$__rate_interval]))`,
          legend: '{{outcome}}',
        },
      ],
      alerts: ['CardSyncErrorBudgetBurn'],
    },
    'stacked',
  ),
  table({
    title: 'Result codes in the time shown',
    description:
      'Attempts by code, status, command and template within the time that is shown above. Good: SUCCESS on top. Filter a column to see which template a code belongs to.',
    unit: 'short',
    width: 24,
    decimals: 0,
    queries: [
      {
        expr: `sort_desc(sum by (result_code, result_status, command, template) (increase(card_sync_deliveries_total{${selected}, template=~"$template"}[$__range])) > 0)`,
        legend: '',
      },
    ],
    alerts: ['CardSyncErrorBudgetBurnSlow'],
  }),
];
