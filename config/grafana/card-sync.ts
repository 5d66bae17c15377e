import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource } from './panels.ts';
import { decisions } from './rows/decisions.ts';
import { delay } from './rows/delay.ts';
import { overview } from './rows/overview.ts';
import { partitions } from './rows/partitions.ts';
import { process } from './rows/process.ts';
import { resultCodes } from './rows/result-codes.ts';
import { trouble } from './rows/trouble.ts';

/** Where docs/runbooks.md is read; the same stand-in is in the alert rules. */
export const runbooksAddress = 'https://git.example/contract-card-connector/docs/runbooks.md';

const rows: readonly (readonly [title: string, panels: readonly Builder<Panel>[]])[] = [
  ['Is all well?', overview],
  ['Result codes', resultCodes],
  ['Delay', delay],
  ['Decisions and skips', decisions],
  ['Repetitions, parked orders, dead letters', trouble],
  ['Partitions and instances', partitions],
  ['Process', process],
];

/** The dashboard of card-sync. */
function cardSyncDashboard(): Dashboard {
  const builder = new DashboardBuilder('card-sync')
    .uid('card-sync')
    .description('Contract card connector: orders to AlipayHK. Made from config/grafana/ by "npm run dashboards".')
    .tags(['card-sync'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .variables(variables())
    .link(
      new DashboardLinkBuilder('Runbooks')
        .type(DashboardLinkType.Link)
        .url(`\${runbooks:raw}`)
        .icon('doc')
        .tooltip('What each alert means, what to look at, what to do')
        .targetBlank(true),
    );
  for (const [title, panels] of rows) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const dashboard = builder.build();
  // The SDK gives none, and links to a panel name its id.
  dashboard.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  // The SDK would hide it in a menu.
  dashboard.links?.forEach(link => {
    delete link.placement;
  });
  return dashboard;
}

/** As it is committed. */
export function dashboardText(): string {
  return `${JSON.stringify(cardSyncDashboard(), null, 2)}\n`;
}

function variables() {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    choice('job', 'Connector', 'label_values(card_sync_build_info, job)'),
    choice('instance', 'Instance', 'label_values(card_sync_build_info{job=~"$job"}, instance)'),
    choice('template', 'Template', 'label_values(card_sync_deliveries_total{job=~"$job"}, template)'),
    choice('topic', 'Topic', 'label_values(card_sync_records_consumed_total{job=~"$job"}, topic)'),
    new TextBoxVariableBuilder('runbooks')
      .label('Runbooks')
      .description('Address at which you read docs/runbooks.md of card-sync')
      .defaultValue(runbooksAddress)
      .current({ selected: true, text: runbooksAddress, value: runbooksAddress }),
  ];
}

function choice(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}
