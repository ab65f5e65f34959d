import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SearchHit } from '../../src/api/read-model.ts'
import { parseSearch } from '../../src/api/search/parse-search.ts'
import { searchFields, searchKinds } from '../../src/api/search/search-node.ts'
import { createReadModel } from '../../src/store/readers/read-model.ts'
import { baseMs, baseUs, makeCall, makeFinding, makeLayer, makeSession } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
Goal: a search finds what it says among calls, sessions and findings of its realm, whatever is written in it, page by page.
Method: rows go through the sink and the engine; every field of the language is asked of every kind.
*/
let store: TestStore
let model: ReturnType<typeof createReadModel>
const now = () => new Date(baseMs + 3_600_000)
const minuteUs = 60_000_000

beforeAll(async () => {
  store = await openTestStore()
  model = createReadModel({ client: store.client, now, sessionIdleMs: 1_800_000 })
  await store.store((sink) => {
    const denied = makeLayer({ layer: 'gateway', decision: 'deny', reasons: ['tool-not-granted'] })
    sink.call(makeCall({ id: 'c1', tool: 'delete_repository', decision: 'deny', layers: [denied], httpStatus: 403 }), 1)
    sink.call(
      makeCall({ id: 'c2', timeUs: baseUs + minuteUs, tool: 'search', durationUs: 2_500_000, aliases: ['c2-old'] }),
      1,
    )
    sink.call(makeCall({ id: 'c3', timeUs: baseUs + minuteUs, agentName: 'Other 100%', server: 'Slack' }), 1)
    sink.call(makeCall({ id: 'c4', timeUs: baseUs + 2 * minuteUs, realm: 'south', tool: 'delete_repository' }), 1)
    sink.session(makeSession({ id: 's1', tools: ['search', 'delete_repository'], risk: 40, denies: 3 }), 1)
    sink.session(makeSession({ id: 's2', startUs: baseUs + minuteUs, risk: 5, denies: 0, tools: ['search'] }), 1)
    sink.finding(makeFinding({ id: 'f1', ruleId: 'deny-burst', severity: 'high', calls: ['c1'], isShadow: false }), 1)
    sink.finding(
      makeFinding({
        id: 'f2',
        calls: [],
        timeUs: baseUs + minuteUs,
        ruleId: 'new-tool',
        severity: 'low',
        isShadow: true,
      }),
      1,
    )
  })
}, 60_000)

afterAll(() => store.close(), 60_000)

const find = async (q: string, realm = 'default', limit = 100) => {
  const search = { node: parseSearch(q), kinds: searchKinds, from: '', to: '' }
  return (await model.search(realm, search, { limit, cursor: null })).items.map(({ id }) => id)
}

describe('a search finds', () => {
  test.each([
    ['tool:delete_repository', ['s1', 'c1']],
    ['tool:DELETE_repository', ['s1', 'c1']],
    ['tool:delete*', ['s1', 'c1']],
    ['tool:delete_repo', []],
    ['tool:delete?repository decision:deny', ['c1']],
    ['NOT tool:delete_repository', ['s2', 'c3', 'c2']],
    ['kind:finding', ['f2', 'f1']],
    ['kind:finding NOT severity:low', ['f1']],
    ['severity:high OR tool:search kind:call', ['c2', 'f1']],
    ['shadow:true', ['f2']],
    ['reason:tool-not-granted', ['c1']],
    ['httpStatus:>=400', ['c1']],
    ['durationMs:[2000 TO 3000]', ['c2']],
    ['NOT durationMs:[2000 TO 3000] id:c2', []],
    ['id:c2-old', ['c2']],
    ['call:c1', ['f1', 'c1']],
    ['risk:{5 TO *]', ['s1']],
    ['denies:0', ['s2']],
    ['agent:"Other 100%"', ['c3']],
    ['"other 100%"', ['c3']],
    ['slack', ['c3']],
    ['sl*ck kind:call', ['c3']],
    ['burst', ['f1']],
    [`time:>${new Date(baseMs).toISOString()} kind:call`, ['c3', 'c2']],
  ])('%s', async (q, expected) => {
    expect(await find(q)).toEqual(expected)
  })

  test('nothing of another realm, and there its own', async () => {
    expect(await find('tool:delete_repository', 'south')).toEqual(['c4'])
    expect(await find('tool:*', 'north')).toEqual([])
  })

  test('something or nothing by every field, and never an error of the store', async () => {
    const values = {
      text: 'x*',
      id: "o'br{p0:String}",
      number: '[1 TO 5]',
      time: '2026-05-04',
      flag: 'true',
      kind: 'call',
    }
    for (const [field, type] of Object.entries(searchFields)) {
      await expect(find(`${field}:${values[type]} OR NOT ${field}:${values[type]}`)).resolves.toBeDefined()
    }
  })
})

test('pages of any length give everything once, in order', async () => {
  const all = await find('kind:call OR kind:session OR kind:finding')
  expect(all).toHaveLength(7)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8 }), async (limit) => {
      const seen: SearchHit[] = []
      let cursor: string | null = null
      const search = {
        node: parseSearch('kind:call OR kind:session OR kind:finding'),
        kinds: searchKinds,
        from: '',
        to: '',
      }
      do {
        const page: Awaited<ReturnType<typeof model.search>> = await model.search('default', search, { limit, cursor })
        expect(page.items.length).toBeLessThanOrEqual(limit)
        seen.push(...page.items)
        cursor = page.nextCursor
      } while (cursor !== null && seen.length < 100)
      expect(seen.map(({ id }) => id)).toEqual(all)
    }),
    { numRuns: 8 },
  )
}, 60_000)
