import { z } from 'zod'
import { noParams, realmQuery, replayBody } from './request-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** Which dead letters are to be read again, and how. */
export interface Replay {
  readonly realm: string
  readonly from: string
  readonly to: string
  /** Only these; null = all of the time. */
  readonly ids: readonly string[] | null
  /** A format or `auto`; null = as each was read before. */
  readonly format: string | null
}

export interface Replayed {
  readonly replayed: number
  /** What cannot be read again, with the reason. */
  readonly skipped: readonly { readonly recordId: string; readonly reason: string }[]
  /** There are more than one request takes: ask again with `to` as it is here. */
  readonly moreBefore: string | null
}

/** Resolves once the records are in the log again. Rejects with `AGT_FORMAT_UNKNOWN`. */
export type ReplayDeadLetters = (replay: Replay) => Promise<Replayed>

const replayedSchema = z.strictObject({
  replayed: z.int().nonnegative(),
  skipped: z.array(z.strictObject({ recordId: z.string(), reason: z.string() })).readonly(),
  moreBefore: z.string().nullable().describe('Set where there were more: ask again with this as to'),
})

/** Records that could not be read, once more: after a format has learned to read them, or as another format. */
export const replayRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/dead-letters/replay',
    summary: 'Reads dead letters again, as they were redacted; twice is once',
    tag: 'pipeline',
    params: noParams,
    query: realmQuery,
    body: replayBody,
    response: replayedSchema,
    answer: async ({ query, body }, { replay }) =>
      replay({
        realm: query.realm,
        from: body.from ?? '',
        to: body.to ?? '',
        ids: body.ids ?? null,
        format: body.format ?? null,
      }),
  }),
]
