import type { ActivityEvent } from '../../../src/event/event.ts'
import type { Analysis } from './analyse-world.ts'
import { recordsOfCalls } from './judge.ts'
import { f1, scorePartition } from './partition-score.ts'
import type { World } from './world.ts'

/**
 * The best that could be done about calls with the logged fields: it sees all events at once, knows how far each clock
 * is off, and picks with hindsight how near in time two events without a common id may be.
 */
export const callOracle = (world: World, analysis: Analysis): readonly number[] => {
  const views = recordsOfCalls(world).map((record) => viewOf(world, analysis, record))
  const truth = recordsOfCalls(world).map((record) => world.records[record]?.call ?? -1)
  const guesses = windowsUs.map((windowUs) => cluster(views, windowUs))
  return best(guesses, (labels) => f1(scorePartition(truth, labels)))
}

/** The item with the highest worth. */
export const best = <T>(items: readonly T[], worthOf: (item: T) => number): T => {
  const ranked = items.map((item) => ({ item, worth: worthOf(item) })).sort((a, b) => b.worth - a.worth)
  return (ranked[0] as { readonly item: T }).item
}

const windowsUs = [50_000, 250_000, 1_000_000, 2_500_000]
/** Further apart than any two views of one request, clocks corrected. */
const reachUs = 3_000_000

interface View {
  readonly event: ActivityEvent
  /** When it began, as well as its log tells. */
  readonly timeUs: number
  /** What a request has one of: a source's line of a kind. */
  readonly slot: string
}

const viewOf = (world: World, analysis: Analysis, record: number): View => {
  const logged = world.records[record]
  const event = analysis.events.get(record)
  if (logged === undefined || event === undefined) throw new Error(`record ${record} became no event`)
  // A clock that tells only seconds cuts off half of one on average.
  const cutUs = event.timePrecisionUs > 1 ? event.timePrecisionUs / 2 : 0
  return {
    event,
    timeUs: event.timeUs + cutUs - logged.source.skewUs,
    slot: `${logged.source.layer} ${event.kind}`,
  }
}

/** Joins the surest pairs first; no call has two views of one slot, or two that contradict each other. */
const cluster = (views: readonly View[], windowUs: number): readonly number[] => {
  const groups = new Map<number, number[]>()
  const groupOf = views.map((_, at) => at)
  for (const at of groupOf) groups.set(at, [at])
  for (const { a, b } of pairsBySureness(views, windowUs)) {
    const [left, right] = [groups.get(groupOf[a] ?? -1) ?? [], groups.get(groupOf[b] ?? -1) ?? []]
    if (groupOf[a] === groupOf[b] || !left.every((x) => right.every((y) => mayJoin(views[x], views[y])))) continue
    const into = groupOf[a] as number
    groups.delete(groupOf[b] as number)
    for (const member of right) groupOf[member] = into
    left.push(...right)
  }
  return groupOf
}

interface Pair {
  readonly a: number
  readonly b: number
  readonly cost: number
}

const pairsBySureness = (views: readonly View[], windowUs: number): readonly Pair[] => {
  const order = [...views.keys()].sort((a, b) => timeOf(views, a) - timeOf(views, b))
  const pairs: Pair[] = []
  for (const [at, a] of order.entries()) {
    for (let next = at + 1; next < order.length; next += 1) {
      const b = order[next] as number
      if (timeOf(views, b) - timeOf(views, a) > reachUs) break
      const cost = costOf(views[a] as View, views[b] as View, windowUs)
      if (cost !== null) pairs.push({ a, b, cost })
    }
  }
  return pairs.sort((x, y) => x.cost - y.cost)
}

/** The less, the surer; null where nothing speaks for it. */
const costOf = (a: View, b: View, windowUs: number): number | null => {
  if (!mayJoin(a, b)) return null
  const gapUs = b.timeUs - a.timeUs
  const facts = commonFacts(a.event, b.event)
  return facts.hasId || gapUs <= windowUs ? gapUs - facts.weight * reachUs : null
}

const timeOf = (views: readonly View[], at: number): number => views[at]?.timeUs ?? 0

/** What two views of one request cannot disagree on, where both state it. */
const mayJoin = (a: View | undefined, b: View | undefined): boolean => {
  if (a === undefined || b === undefined || a.slot === b.slot) return false
  const [x, y] = [a.event, b.event]
  const fields = ['userId', 'httpRequestId', 'traceId', 'method'] as const
  if (fields.some((field) => x[field] !== '' && y[field] !== '' && x[field] !== y[field])) return false
  return x.tool === '' || y.tool === '' || bare(x) === bare(y)
}

/** A gateway may put the server's name in front. */
const bare = (event: ActivityEvent): string => event.tool.replace(/^(github|files|slack)_/, '')

const commonFacts = (a: ActivityEvent, b: ActivityEvent): { readonly hasId: boolean; readonly weight: number } => {
  const isShared = (field: (typeof commonFields)[number]): boolean => a[field] !== '' && a[field] === b[field]
  const hasId = isShared('httpRequestId') || isShared('traceId')
  const isNumbered = isShared('mcpSessionId') && isShared('jsonrpcId')
  const described = (['userId', 'clientAddress', 'source'] as const).filter(isShared).length
  const numbered = isNumbered ? 8 : isShared('mcpSessionId') ? 4 : 0
  return { hasId: hasId || isNumbered, weight: (hasId ? 16 : 0) + numbered + described }
}

const commonFields = [
  'httpRequestId',
  'traceId',
  'mcpSessionId',
  'jsonrpcId',
  'userId',
  'clientAddress',
  'source',
] as const
