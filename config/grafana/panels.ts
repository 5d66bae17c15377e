import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** A query, and how its series are called. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** What every panel says of itself. */
export interface PanelSpec {
  readonly title: string;
  /** What is shown, what is good, what to do. */
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Columns of 24. */
  readonly width: number;
  readonly height?: number;
  /** From which value on it has which colour; the first has no value. */
  readonly thresholds?: readonly (readonly [from: number | null, color: 'green' | 'orange' | 'red' | 'blue'])[];
  /** Alerts whose runbooks say what to do. */
  readonly alerts?: readonly string[];
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
}

/** Selects what the variables at the top select. */
export const selected = 'job=~"$job", instance=~"$instance"';

/** Selects the partitions of the chosen topics too. */
export const selectedPartitions = `${selected}, topic=~"$topic"`;

/** The chosen data source. */
export const datasource = { type: 'prometheus', uid: `\${datasource}` };

/** A number with its recent course. `texts` say numbers in words. */
export function stat(spec: PanelSpec, texts: Readonly<Record<string, string>> = {}): Builder<Panel> {
  const panel = new StatBuilder()
    .colorMode(BigValueColorMode.Background)
    .graphMode(Object.keys(texts).length > 0 ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue('–');
  const mapped = Object.entries(texts).map(([value, text]) => [value, { text }]);
  if (mapped.length > 0) panel.mappings([{ type: MappingType.ValueToText, options: Object.fromEntries(mapped) }]);
  return described(panel, spec, { height: 4 });
}

/** Lines over time; `stacked` where the sum says something. */
export function lines(spec: PanelSpec, stacked: 'stacked' | 'apart' = 'apart'): Builder<Panel> {
  const panel = new TimeSeriesBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(stacked === 'stacked' ? 30 : 0)
    .stacking(new StackingConfigBuilder().mode(stacked === 'stacked' ? StackingMode.Normal : StackingMode.None))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max'])
        .sortBy('Last *')
        .sortDesc(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending).hideZeros(true))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        spec.thresholds === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed,
      ),
    )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName));
  return described(panel, { min: 0, ...spec }, { height: 8 });
}

/** How a histogram's observations are spread, over time. */
export function heatMap(spec: Omit<PanelSpec, 'queries'>, histogram: string, selector: string): Builder<Panel> {
  const panel = new HeatmapBuilder()
    .calculate(false)
    .cellGap(1)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .yAxis(new YAxisConfigBuilder().unit(spec.unit));
  const expr = `sum by (le) (increase(${histogram}_bucket{${selector}}[$__rate_interval]))`;
  const target = queryOf({ expr, legend: '{{le}}' }).range().format(PromQueryFormat.Heatmap);
  return described(panel.withTarget(target), { ...spec, queries: [] }, { height: 8 });
}

/** One row for each series, as of now. */
export function table(spec: PanelSpec): Builder<Panel> {
  const panel = new TableBuilder().filterable(true).withTransformation({
    id: 'organize',
    options: { excludeByName: { Time: true } },
  });
  for (const query of spec.queries) panel.withTarget(queryOf(query).instant().format(PromQueryFormat.Table));
  return described(panel, { ...spec, queries: [] }, { height: 8 });
}

type AnyBuilder = StatBuilder | TimeSeriesBuilder | HeatmapBuilder | TableBuilder;

function described(panel: AnyBuilder, spec: PanelSpec, usual: { readonly height: number }): Builder<Panel> {
  const { title, description, unit, queries, width, height = usual.height, thresholds, alerts = [], ...range } = spec;
  panel.title(title).description(description).unit(unit).span(width).height(height).datasource(datasource);
  queries.forEach((query, index) => {
    panel.withTarget(
      queryOf(query)
        .range()
        .refId(String.fromCharCode(65 + index)),
    );
  });
  panel.thresholds(
    new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(thresholds ?? [[null, 'blue']])),
  );
  panel.links(alerts.map(runbookLink));
  if (range.decimals !== undefined) panel.decimals(range.decimals);
  if (range.min !== undefined) panel.min(range.min);
  if (range.max !== undefined) panel.max(range.max);
  return panel as Builder<Panel>;
}

function queryOf({ expr, legend }: Query): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(datasource).refId('A');
}

/** Grafana takes null for "from the lowest value on", which the SDK's types leave out. */
function stepsOf(thresholds: NonNullable<PanelSpec['thresholds']>): Threshold[] {
  return thresholds.map(([value, color]) => ({ value, color }) as Threshold);
}

function runbookLink(alert: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`).url(runbookUrl(alert)).targetBlank(true);
}

/** The section of an alert at the address that the variable holds. */
function runbookUrl(alert: string): string {
  return `\${runbooks:raw}#${alert.toLowerCase()}`;
}
