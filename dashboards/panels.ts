import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge'
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellHeight,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** What every panel says of itself. Widths are of 24. */
export interface About {
  readonly title: string
  /** What it shows, and what to think of it; behind the panel's (i). */
  readonly description: string
  readonly queries: readonly Builder<Dataquery>[]
  readonly width: number
  readonly height?: number
  readonly unit?: string
  /** Shown where there is no data: what that means. */
  readonly empty: string
}

interface Panel {
  title(title: string): this
  description(text: string): this
  span(width: number): this
  height(height: number): this
  noValue(text: string): this
  unit(unit: string): this
  targets(queries: Builder<Dataquery>[]): this
}

const dressed = <T extends Panel>(panel: T, about: About, height: number): T => {
  panel
    .title(about.title)
    .description(about.description)
    .span(about.width)
    .height(about.height ?? height)
    .noValue(about.empty)
    .targets([...about.queries])
  return about.unit === undefined ? panel : panel.unit(about.unit)
}

/** `green` below the first step. */
export const thresholds = (...steps: readonly (readonly [from: number, color: string])[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ color: 'green', value: null }, ...steps.map(([value, color]): Threshold => ({ color, value }))])

/** A plain number has no good or bad side. */
const neutral = (): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ color: 'text', value: null }])

interface StatAbout extends About {
  readonly limits?: ThresholdsConfigBuilder
  readonly mappings?: readonly ValueMapping[]
  /** Set where the number is a text. */
  readonly fields?: string
}

export const stat = (about: StatAbout): StatBuilder =>
  dressed(new StatBuilder(), about, 4)
    .thresholds(about.limits ?? neutral())
    .mappings([...(about.mappings ?? [])])
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .calcs(['lastNotNull'])
        .values(false)
        .fields(about.fields ?? ''),
    )

const graph = (about: About): TimeseriesBuilder =>
  dressed(new TimeseriesBuilder(), about, 8)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .min(0)

interface LinesAbout extends About {
  readonly limits?: ThresholdsConfigBuilder
}

export const lines = (about: LinesAbout): TimeseriesBuilder => {
  const panel = graph(about).lineWidth(1).fillOpacity(8).showPoints(VisibilityMode.Never).spanNulls(false)
  return about.limits === undefined ? panel : panel.thresholds(about.limits)
}

/** Counts per interval, on top of each other. */
export const bars = (about: About): TimeseriesBuilder =>
  graph(about)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .lineWidth(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))

/** A share of the whole for each name, largest first as the query sorts them. */
export const ranking = (about: About): BarGaugeBuilder =>
  dressed(new BarGaugeBuilder(), about, 8)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ color: 'blue', value: null }]))
    .min(0)
    .reduceOptions(new ReduceDataOptionsBuilder().values(true).calcs(['lastNotNull']).fields(''))

export const rows = (about: About): TableBuilder =>
  dressed(new TableBuilder(), about, 9).cellHeight(TableCellHeight.Sm).filterable(true)
