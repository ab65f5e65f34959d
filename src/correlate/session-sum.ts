import type { Agent, Call } from './call.ts'
import { compareText } from './order.ts'
import type { Actor } from './view.ts'

/** How many tool or server names a session lists; more are counted in none. Bounds a row against made-up names. */
const namesPerSessionMax = 200

/** What calls of a session add up to. */
export interface SessionSum {
  calls: number
  denies: number
  startUs: number
  endUs: number
  tools: string[]
  servers: string[]
  /** The call that stands for the session: who it says acted. */
  subject: { readonly agent: Agent; readonly actor: Actor; readonly timeUs: number; readonly id: string } | null
}

export const emptySum = (): SessionSum => ({
  calls: 0,
  denies: 0,
  startUs: Number.MAX_SAFE_INTEGER,
  endUs: 0,
  tools: [],
  servers: [],
  subject: null,
})

export const copySum = (sum: SessionSum): SessionSum => ({ ...sum, tools: [...sum.tools], servers: [...sum.servers] })

/** Adds a call to a sum; the order of additions does not matter. */
export const addCall = (sum: SessionSum, call: Call): void => {
  sum.calls += 1
  if (call.decision === 'deny') sum.denies += 1
  if (call.timeUs < sum.startUs) sum.startUs = call.timeUs
  if (call.timeUs > sum.endUs) sum.endUs = call.timeUs
  addName(sum.tools, call.tool)
  addName(sum.servers, call.server)
  if (sum.subject === null || standsBefore(call, sum.subject)) {
    sum.subject = { agent: call.agent, actor: call.actor, timeUs: call.timeUs, id: call.id }
  }
}

const addName = (names: string[], name: string): void => {
  if (name === '' || names.includes(name) || names.length >= namesPerSessionMax) return
  names.push(name)
}

/** The earliest call that names its agent stands for the session; without one the earliest. */
const standsBefore = (call: Call, subject: NonNullable<SessionSum['subject']>): boolean => {
  const isNamed = call.agent.agentId !== ''
  if (isNamed !== (subject.agent.agentId !== '')) return isNamed
  return call.timeUs < subject.timeUs || (call.timeUs === subject.timeUs && compareText(call.id, subject.id) < 0)
}
