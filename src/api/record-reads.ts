import type { FastifyInstance } from 'fastify'
import { principalOf } from './authorise.ts'
import { rightOf } from './route-rights.ts'

/** Somebody reads audit data: `target` is the id they ask for, `query` what narrows it. */
export interface AuditRead {
  readonly realm: string
  readonly by: string
  readonly endpoint: string
  readonly target: string
  readonly query: string
}

/** Resolves once the read is in the log. */
export type RecordRead = (read: AuditRead) => Promise<void>

/** Answers no read of a realm's rows before it is recorded. */
export const addReadRecord = (api: FastifyInstance, record: RecordRead): void => {
  api.addHook('preHandler', async (request) => {
    const { url = '' } = request.routeOptions
    const asked = rightOf(request.method, url)
    if (asked === null || asked.realm !== 'one' || !audited.has(asked.right)) return
    const { realm = 'default', cursor: _, ...query } = request.query as Record<string, string>
    const { id = '' } = request.params as Record<string, string>
    await record({
      realm,
      by: principalOf(request).name,
      endpoint: `${request.method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`,
      target: id,
      query: new URLSearchParams({ ...query, ...sqlOf(request.body) }).toString(),
    })
  })
}

/** As much of a query in SQL as the record keeps. */
const sqlCharsMax = 4_000

const sqlOf = (body: unknown): { readonly sql?: string } =>
  typeof body === 'object' && body !== null && 'sql' in body && typeof body.sql === 'string'
    ? { sql: body.sql.slice(0, sqlCharsMax) }
    : {}

/** Rights that rows are read by. */
const audited: ReadonlySet<string> = new Set(['read', 'payloads', 'query', 'export', 'audit'])
