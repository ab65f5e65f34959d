import type { ActivityEvent } from '../../../src/event/event.ts'
import type { Analysis } from './analyse-world.ts'
import { best } from './call-oracle.ts'
import { f1, scorePartition } from './partition-score.ts'
import type { World } from './world.ts'

/**
 * The best that could be done about sessions with the logged fields: given the true calls, it tries every rule of the
 * kind "calls with the same fields, cut where they pause" and picks with hindsight the one that fits the truth best.
 */
export const sessionOracle = (world: World, analysis: Analysis): readonly string[] => {
  const roots = loginRoots(analysis)
  const facts = withRuns(world.calls.map(({ records }) => factsOf(eventsOf(analysis, records), roots)))
  const truth = world.calls.map((call) => call.session)
  const rules = fieldSets().flatMap((fields) => pausesUs.map((pauseUs) => ({ fields, pauseUs })))
  const guesses = rules.map(({ fields, pauseUs }) => cut(facts, fields, pauseUs))
  return best(guesses, (labels) => f1(scorePartition(truth, labels)))
}

const minuteUs = 60_000_000
const pausesUs = [5 * minuteUs, 21 * minuteUs, 30 * minuteUs, Number.POSITIVE_INFINITY]
const optionalFields = ['login', 'client', 'address', 'mcpSession', 'run'] as const

/** What the logs say of a call. */
interface Facts {
  readonly timeUs: number
  readonly principal: string
  readonly login: string
  readonly client: string
  readonly address: string
  readonly mcpSession: string
  /** What the agent calls its run, where a layer logs it for any call of the MCP session. */
  readonly run: string
}

type Field = (typeof optionalFields)[number]

const fieldSets = (): readonly (readonly Field[])[] =>
  Array.from({ length: 2 ** optionalFields.length }, (_, bits) =>
    optionalFields.filter((_field, at) => (bits >> at) % 2 === 1),
  )

const eventsOf = (analysis: Analysis, records: readonly number[]): readonly ActivityEvent[] =>
  records.flatMap((record) => analysis.events.get(record) ?? [])

const factsOf = (events: readonly ActivityEvent[], roots: ReadonlyMap<string, string>): Facts => {
  const pick = (field: (typeof pickedFields)[number]): string =>
    events.find((event) => event[field] !== '')?.[field] ?? ''
  const login = pick('authSessionId')
  return {
    timeUs: events[0]?.timeUs ?? 0,
    principal: pick('userId'),
    login: roots.get(login) ?? login,
    client: pick('clientName'),
    address: pick('clientAddress'),
    mcpSession: pick('mcpSessionId'),
    run: pick('explicitSessionId'),
  }
}

const pickedFields = [
  'userId',
  'authSessionId',
  'clientName',
  'clientAddress',
  'mcpSessionId',
  'explicitSessionId',
] as const

/** A call that only the proxy saw is of the run that its MCP session's other calls name. */
const withRuns = (calls: readonly Facts[]): readonly Facts[] => {
  const runOf = new Map(calls.filter(({ run }) => run !== '').map((call) => [call.mcpSession, call.run]))
  return calls.map((call) => ({ ...call, run: call.run || (runOf.get(call.mcpSession) ?? '') }))
}

/** Login session → the one that its chain of refreshes began with. */
const loginRoots = (analysis: Analysis): ReadonlyMap<string, string> => {
  const issuedWith = new Map<string, string>()
  const roots = new Map<string, string>()
  const tokens = [...analysis.events.values()].filter((event) => event.kind === 'auth')
  for (const event of tokens.sort((a, b) => a.timeUs - b.timeUs)) {
    const before = issuedWith.get(event.previousRefreshTokenId)
    const root = before ?? event.authSessionId
    issuedWith.set(event.refreshTokenId, root)
    roots.set(event.authSessionId, root)
  }
  return roots
}

const cut = (calls: readonly Facts[], fields: readonly Field[], pauseUs: number): readonly string[] => {
  const labels: string[] = calls.map(() => '')
  const last = new Map<string, { readonly timeUs: number; readonly run: number }>()
  const order = [...calls.keys()].sort((a, b) => (calls[a]?.timeUs ?? 0) - (calls[b]?.timeUs ?? 0))
  for (const at of order) {
    const call = calls[at] as Facts
    const key = [call.principal, ...fields.map((field) => call[field])].join('\u0000')
    const before = last.get(key)
    const isPaused = before !== undefined && call.timeUs - before.timeUs > pauseUs
    const run = (before?.run ?? 0) + (isPaused ? 1 : 0)
    last.set(key, { timeUs: call.timeUs, run })
    labels[at] = `${key}\u0000${run}`
  }
  return labels
}
