import { z } from 'zod'
import { hasRight } from './access.ts'
import { noParams, realmQuery } from './request-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** A read in SQL, and what of the store it may see. */
export interface SqlQuestion {
  readonly sql: string
  readonly realm: string
  readonly hasPayloads: boolean
}

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly rowsRead: number
  readonly seconds: number
}

/** Rejects with a `RequestError` that says what is not answered, or `AGT_STORE_UNAVAILABLE`. */
export type AskSql = (question: SqlQuestion) => Promise<SqlAnswer>

const sqlCharsMax = 262_144

const answerSchema = z
  .strictObject({
    columns: z.array(z.strictObject({ name: z.string(), type: z.string() })).readonly(),
    rows: z.array(z.array(z.unknown()).readonly()).readonly(),
    rowsRead: z.number(),
    seconds: z.number(),
  })
  .meta({ id: 'SqlAnswer' }) satisfies z.ZodType<SqlAnswer>

/** SQL for people with that right: one SELECT over the realm's rows, within bounds. */
export const queryRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/query',
    summary: 'One SELECT over the rows of the realm, read only, with bounds on time, memory and rows',
    tag: 'query',
    params: noParams,
    query: realmQuery,
    body: z.strictObject({
      sql: z.string({ error: 'give a SELECT' }).min(1, 'give a SELECT').max(sqlCharsMax, 'too long'),
    }),
    response: answerSchema,
    answer: async ({ query, body, principal }, { askSql }) =>
      askSql({ sql: body.sql, realm: query.realm, hasPayloads: hasRight(principal, 'payloads') }),
  }),
]
