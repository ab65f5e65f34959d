import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { clickhouseSource, prometheusSource } from './sources.ts'

/** A query of Grafana's ClickHouse plugin; the SDK brings no type for it. */
export interface ClickhouseQuery extends Dataquery {
  readonly refId: string
  readonly datasource: typeof clickhouseSource
  readonly editorType: 'sql'
  readonly queryType: 'timeseries' | 'table'
  /** The plugin's older name for `queryType`, which its backend still reads. */
  readonly format: 0 | 1
  readonly pluginVersion: string
  readonly rawSql: string
}

const formats = { timeseries: 0, table: 1 } as const

const clickhouseQuery = (queryType: keyof typeof formats, sql: string, refId: string): Builder<ClickhouseQuery> => ({
  build: () => ({
    refId,
    datasource: clickhouseSource,
    editorType: 'sql',
    queryType,
    format: formats[queryType],
    pluginVersion: '4.0.0',
    rawSql: sql.trim(),
    // The SDK tells queries from other objects by this method; it does not reach the JSON.
    _implementsDataqueryVariant: () => undefined,
  }),
})

/** Rows with a time first: a line for each other text column's value. */
export const series = (sql: string, refId = 'A'): Builder<ClickhouseQuery> => clickhouseQuery('timeseries', sql, refId)

export const table = (sql: string, refId = 'A'): Builder<ClickhouseQuery> => clickhouseQuery('table', sql, refId)

/** A range of values over time. `legend` may hold `{{label}}`. */
export const promRange = (expr: string, legend: string, refId = 'A'): DataqueryBuilder =>
  new DataqueryBuilder().datasource(prometheusSource).expr(expr).legendFormat(legend).range().refId(refId)

/** The values as they are now. */
export const promNow = (expr: string, legend: string, refId = 'A'): DataqueryBuilder =>
  new DataqueryBuilder()
    .datasource(prometheusSource)
    .expr(expr)
    .legendFormat(legend)
    .instant()
    .format(PromQueryFormat.TimeSeries)
    .refId(refId)
