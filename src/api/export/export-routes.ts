import { Readable } from 'node:stream'
import { z } from 'zod'
import type { EventShape, FindingShape, Page, PageRequest } from '../read-model.ts'
import { eventsExportQuery, findingsExportQuery, noParams, splitQuery } from '../request-schemas.ts'
import { type Download, defineRoute, type Route } from '../route.ts'
import { csvLine, flatten } from './csv.ts'
import { eventToOcsf, findingToOcsf } from './ocsf.ts'

const pageRows = 1000

const writers = {
  ndjson: { type: 'application/x-ndjson', extension: 'ndjson' },
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  ocsf: { type: 'application/x-ndjson', extension: 'ocsf.ndjson' },
} as const

type Format = keyof typeof writers

/** Findings and events as a file, newest first: a page at a time, so that neither side holds it all. */
export const exportRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/export/findings',
    summary: 'Findings as a file: NDJSON, CSV, or Detection Findings of OCSF',
    tag: 'export',
    params: noParams,
    query: findingsExportQuery,
    response: z.string(),
    isDownload: true,
    answer: async ({ query: { format, ...query } }, { readModel }) => {
      const { shadow, ...filter } = splitQuery({ ...query, limit: pageRows }).filter
      const isShadow = shadow === undefined ? {} : { shadow: shadow === 'true' }
      const read = (page: PageRequest) => readModel.findings(query.realm, { ...filter, ...isShadow }, page)
      return download(findingsKind, format, read)
    },
  }),
  defineRoute({
    path: '/api/v1/export/events',
    summary: 'Events as a file: NDJSON, CSV, or API Activity of OCSF',
    tag: 'export',
    params: noParams,
    query: eventsExportQuery,
    response: z.string(),
    isDownload: true,
    answer: async ({ query: { format, ...query } }, { readModel }) => {
      const { filter } = splitQuery({ ...query, limit: pageRows })
      return download(eventsKind, format, (page) => readModel.events(query.realm, filter, page))
    },
  }),
]

interface Kind<T> {
  readonly name: string
  readonly toOcsf: (row: T) => object
  /** Objects that are one cell of CSV. */
  readonly keep: ReadonlySet<string>
}

const findingsKind: Kind<FindingShape> = { name: 'findings', toOcsf: findingToOcsf, keep: new Set(['explanation']) }
const eventsKind: Kind<EventShape> = { name: 'events', toOcsf: eventToOcsf, keep: new Set(['attributes']) }

type ReadPage<T> = (page: PageRequest) => Promise<Page<T>>

const download = async <T extends object>(kind: Kind<T>, format: Format, read: ReadPage<T>): Promise<Download> => {
  // Before the answer begins: a store that is away is told with a status and not with half a file.
  const first = await read({ limit: pageRows, cursor: null })
  const { type, extension } = writers[format]
  const stream = Readable.from(textOf({ kind, format, read, first }), { objectMode: false })
  return { type, filename: `agenttrail-${kind.name}.${extension}`, stream }
}

const textOf = async function* <T extends object>({
  kind,
  format,
  read,
  first,
}: {
  readonly kind: Kind<T>
  readonly format: Format
  readonly read: ReadPage<T>
  readonly first: Page<T>
}): AsyncGenerator<string> {
  let columns: readonly string[] | null = null
  for (let page: Page<T> | null = first; page !== null; ) {
    const flat = format === 'csv' ? page.items.map((row) => flatten(row, kind.keep)) : []
    if (columns === null && flat[0] !== undefined) {
      columns = Object.keys(flat[0])
      yield csvLine(columns)
    }
    if (format === 'csv') yield flat.map((row) => csvLine((columns ?? []).map((name) => row[name]))).join('')
    else yield page.items.map((row) => `${JSON.stringify(format === 'ocsf' ? kind.toOcsf(row) : row)}\n`).join('')
    page = page.nextCursor === null ? null : await read({ limit: pageRows, cursor: page.nextCursor })
  }
}
