import { z } from 'zod'
import type { ApiClient, Query } from './api-client.ts'
import { parseShape } from './shapes.ts'

const pageMax = 1_000

export interface List<T> {
  readonly items: readonly T[]
  /** Where to go on; `null` if that was all. */
  readonly nextCursor: string | null
}

/** Reads a list of the API page by page, up to `limit` items. */
export const readList = async <T>(
  client: ApiClient,
  request: { readonly path: string; readonly query: Query; readonly limit: number; readonly item: z.ZodType<T> },
): Promise<List<T>> => {
  const page = z.looseObject({ items: z.array(request.item), nextCursor: z.string().nullable() })
  const items: T[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(pageMax, request.limit - items.length)
    const answer = await client.get(request.path, { ...request.query, limit, cursor: cursor ?? undefined })
    const { items: more, nextCursor }: { items: T[]; nextCursor: string | null } = parseShape(page, answer)
    items.push(...more)
    cursor = nextCursor
  } while (cursor !== null && items.length < request.limit)
  return { items, nextCursor: cursor }
}
