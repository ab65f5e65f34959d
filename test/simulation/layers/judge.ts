import type { Analysis } from './analyse-world.ts'
import { type Score, scorePartition } from './partition-score.ts'
import type { World } from './world.ts'

/** Two groupings of a world's records: into calls, and of its true calls into sessions. */
export interface Groupings {
  /** Record by record (those that are of a call) the label of its call. */
  readonly calls: readonly (string | number)[]
  /** True call by true call the label of its session. */
  readonly sessions: readonly (string | number)[]
}

export interface Verdict {
  readonly calls: Score
  readonly sessions: Score
}

/** The records of a world that are of a call, in order. */
export const recordsOfCalls = (world: World): readonly number[] =>
  [...world.records.keys()].filter((index) => world.records[index]?.call !== null)

/** What the product said. A true call's session is that of the call that holds its outermost record. */
export const groupingsOf = (world: World, analysis: Analysis): Groupings => {
  const callOf = new Map<number, number>()
  for (const [at, call] of analysis.calls.entries()) for (const record of call.records) callOf.set(record, at)
  // A record that is part of no call stands alone.
  const label = (record: number): string | number => callOf.get(record) ?? `record ${record}`
  return {
    calls: recordsOfCalls(world).map(label),
    sessions: world.calls.map(({ records }) => {
      const call = callOf.get(records[0] ?? -1)
      return (call === undefined ? '' : analysis.calls[call]?.sessionId) || `record ${records[0]}`
    }),
  }
}

export const judge = (world: World, groupings: Groupings): Verdict => ({
  calls: scorePartition(
    recordsOfCalls(world).map((index) => world.records[index]?.call ?? -1),
    groupings.calls,
  ),
  sessions: scorePartition(
    world.calls.map((call) => call.session),
    groupings.sessions,
  ),
})

/** Calls as sets of records, and sessions as sets of calls: what order and repetition must not change. */
export const asSets = (
  analysis: Analysis,
): { readonly calls: readonly string[]; readonly sessions: readonly string[] } => {
  const sessions = new Map<string, string[]>()
  for (const { records, sessionId } of analysis.calls) {
    const session = sessions.get(sessionId) ?? []
    session.push(records.join('+'))
    sessions.set(sessionId, session)
  }
  return {
    calls: analysis.calls.map((call) => call.records.join('+')).sort(),
    sessions: [...sessions.values()].map((calls) => calls.sort().join(' ')).sort(),
  }
}

/** The same of the truth. */
export const truthAsSets = (world: World): ReturnType<typeof asSets> => {
  const sessions = new Map<number, string[]>()
  for (const { records, session } of world.calls) {
    sessions.set(session, [...(sessions.get(session) ?? []), records.join('+')])
  }
  return {
    calls: world.calls.map((call) => call.records.join('+')).sort(),
    sessions: [...sessions.values()].map((calls) => calls.sort().join(' ')).sort(),
  }
}

/** Calls and sessions that hold records of two principals, as text for a failure's message. */
export const mergesAcrossPrincipals = (world: World, analysis: Analysis): readonly string[] => {
  const found: string[] = []
  const ofSession = new Map<string, Set<string>>()
  for (const { records, sessionId } of analysis.calls) {
    const principals = new Set(records.map((record) => world.calls[world.records[record]?.call ?? -1]?.principal ?? ''))
    if (principals.size > 1) found.push(`call of ${[...principals].join(' and ')}: records ${records.join(', ')}`)
    const known = ofSession.get(sessionId) ?? new Set()
    for (const principal of principals) known.add(principal)
    ofSession.set(sessionId, known)
  }
  for (const [session, principals] of ofSession) {
    if (principals.size > 1) found.push(`session ${session} of ${[...principals].join(' and ')}`)
  }
  return found
}
