import { Random } from '../random.ts'
import type { Agent, Source } from './cast.ts'
import { makeAgents, makeSources, proxyOf } from './cast.ts'
import { makeLife } from './life.ts'
import type { LoggedRecord } from './logged-record.ts'
import { tokenLine } from './pomerium-lines.ts'
import { requestRecords } from './request-records.ts'
import type { Scenario } from './scenario.ts'

/** What one agent asked for once, and all that its layers wrote of it. */
export interface TrueCall {
  readonly session: number
  readonly principal: string
  /** Indexes into the world's records. */
  readonly records: readonly number[]
}

export interface World {
  readonly scenario: Scenario
  readonly seed: number
  readonly sources: readonly Source[]
  readonly records: readonly LoggedRecord[]
  readonly calls: readonly TrueCall[]
}

/** Any moment will do; the analyser has no clock. */
const startUs = 1_764_000_000_000_000
const spanUs = 100 * 60_000_000

/** Traffic of many agents through four layers, with the truth about it. The same seed gives the same world. */
export const makeWorld = (scenario: Scenario, seed: number): World => {
  const random = new Random(seed * 7919 + 17)
  const agents = makeAgents(scenario)
  const sources = makeSources(scenario, random)
  const records: LoggedRecord[] = []
  const calls: TrueCall[] = []
  let sessions = 0
  for (const agent of agents) {
    const life = makeLife({
      agent,
      scenario,
      random: randomOf(agent, { scenario, seed }),
      startUs,
      endUs: startUs + spanUs,
    })
    for (const token of life.tokens) records.push(tokenRecord(agent, sources, token))
    for (const request of life.requests) {
      const written = requestRecords(request, { agent, scenario, random, sources })
      const first = records.length
      for (const record of written) records.push({ ...record, call: calls.length })
      calls.push({
        session: sessions + request.run,
        principal: agent.principal,
        records: written.map((_, at) => first + at),
      })
    }
    sessions += life.runs
  }
  return { scenario, seed, sources, records, calls }
}

/** Two agents that share what they choose live the same life, on other machines and for other users. */
const randomOf = (agent: Agent, of: { readonly scenario: Scenario; readonly seed: number }): Random =>
  new Random(of.seed * 104_729 + (of.scenario.sharesChosenIds ? agent.index >> 1 : agent.index) * 31)

const tokenRecord = (
  agent: Agent,
  sources: readonly Source[],
  token: Parameters<typeof tokenLine>[1] & { readonly timeUs: number },
): LoggedRecord => {
  const source = proxyOf(agent, sources)
  return {
    source,
    line: tokenLine(agent, token, token.timeUs + source.skewUs),
    writtenUs: token.timeUs,
    call: null,
  }
}
