import { readdirSync, readFileSync } from 'node:fs'

export interface PanelJson {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly noValue?: string } }
  readonly targets?: readonly {
    readonly refId: string
    readonly rawSql?: string
    readonly queryType?: string
    readonly expr?: string
    readonly datasource: { readonly type: string; readonly uid: string }
  }[]
}

export interface DashboardJson {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly panels: readonly PanelJson[]
  readonly templating: {
    readonly list: readonly {
      readonly name: string
      readonly type: string
      readonly query: string
      readonly multi: boolean
    }[]
  }
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly target?: { readonly rawSql: string } }[]
  }
}

const directory = new URL('../../dashboards/generated/', import.meta.url)

/** The dashboards as they are committed, by name. */
export const committedDashboards = (): Readonly<Record<string, DashboardJson>> =>
  Object.fromEntries(
    readdirSync(directory).map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as DashboardJson,
    ]),
  )

/** Every query to ClickHouse of a dashboard: of panels, variables and annotations. */
export const sqlOf = (board: DashboardJson): readonly { readonly where: string; readonly sql: string }[] => [
  ...board.panels.flatMap((panel) =>
    (panel.targets ?? []).flatMap(({ refId, rawSql }) =>
      rawSql === undefined ? [] : [{ where: `${panel.title} ${refId}`, sql: rawSql }],
    ),
  ),
  ...board.templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => ({ where: `variable ${name}`, sql: query })),
  ...board.annotations.list.flatMap(({ name, target }) =>
    target === undefined ? [] : [{ where: `annotation ${name}`, sql: target.rawSql }],
  ),
]
