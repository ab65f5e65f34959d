import type { CallShape, FindingShape, Page, ReadModel, SearchHit, SessionShape } from '../../api/read-model.ts'
import { type Clause, cursorOf, type ListWhere, microsRange } from './page.ts'
import { searchClause } from './search-sql.ts'
import { microsOf } from './times.ts'

export interface SearchReaderDeps {
  readonly listCalls: ListWhere<CallShape>
  readonly listSessions: ListWhere<SessionShape>
  readonly listFindings: ListWhere<FindingShape>
  readonly now: () => Date
}

/** Three lists, each a page long at most, merged by time: the same cursor says in each where to go on. */
export const createSearchReader = (deps: SearchReaderDeps): Pick<ReadModel, 'search'> => ({
  search: async (realm, { node, kinds, ...range }, page) => {
    const where = (clause: Clause) => ({ clauses: [clause], range: microsRange(range, deps.now()) })
    const lists = kinds.flatMap((kind): Promise<Page<SearchHit>>[] => {
      const clause = searchClause(node, kind)
      if (clause === null) return []
      if (kind === 'call') return [deps.listCalls(realm, where(clause), page).then(callHits)]
      if (kind === 'session') return [deps.listSessions(realm, where(clause), page).then(sessionHits)]
      return [deps.listFindings(realm, where(clause), page).then(findingHits)]
    })
    const pages = await Promise.all(lists)
    const found = pages.flatMap(({ items }) => items).sort(newestFirst)
    const items = found.slice(0, page.limit)
    const last = items.at(-1)
    const isMore = found.length > items.length || pages.some(({ nextCursor }) => nextCursor !== null)
    return { items, nextCursor: isMore && last !== undefined ? cursorBehind(last) : null }
  },
})

const callHits = ({ items, nextCursor }: Page<CallShape>): Page<SearchHit> => ({
  items: items.map((item) => ({ kind: 'call', id: item.id, time: item.time, item })),
  nextCursor,
})

const sessionHits = ({ items, nextCursor }: Page<SessionShape>): Page<SearchHit> => ({
  items: items.map((item) => ({ kind: 'session', id: item.id, time: item.start, item })),
  nextCursor,
})

const findingHits = ({ items, nextCursor }: Page<FindingShape>): Page<SearchHit> => ({
  items: items.map((item) => ({ kind: 'finding', id: item.id, time: item.time, item })),
  nextCursor,
})

/** By bytes, as the store compares ids. */
const newestFirst = (a: SearchHit, b: SearchHit): number =>
  compare(b.time, a.time) || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id))

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const cursorBehind = ({ id, time }: SearchHit): string => cursorOf({ at_us: microsOf(time) ?? 0, at_id: id })
