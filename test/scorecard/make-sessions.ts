import { Random } from '../simulation/random.ts'
import type { ScriptedCall, Templates } from './template.ts'

export interface LabelledSession {
  readonly id: string
  /** `honest`: a task alone. `resisted`: an order stands in a result and the agent does not obey. `attacked`: it does. */
  readonly label: 'honest' | 'resisted' | 'attacked'
  /** Which call is the first that nobody but the attacker wanted; -1 if none is. */
  readonly firstEffect: number
  /** Decision events, one for each call. */
  readonly events: readonly object[]
}

const startMs = Date.UTC(2026, 2, 2, 8)
/** Other agents each, so that what one uses tells nothing of another. */
const agents = 9

/** Sessions made from templates: every task and goal comes, everything else by the seed. */
export const makeSessions = (
  templates: Templates,
  counts: { readonly honest: number; readonly resisted: number; readonly attacked: number },
  { seed, name, hasUserText = true }: { readonly seed: number; readonly name: string; readonly hasUserText?: boolean },
): readonly LabelledSession[] => {
  const random = new Random(seed)
  const labels = Object.entries(counts).flatMap(([label, count]) =>
    Array.from({ length: count }, (_, at) => [label as LabelledSession['label'], at] as const),
  )
  return random.shuffle(labels).map(([label, at], order) => {
    const id = `${name}-${label}-${at}`
    const { prompt, calls, firstEffect } = script(templates, { label, at, random })
    const startedMs = startMs + order * 15 * 60_000 + random.between(0, 60_000)
    const agent = `agent-${order % agents}`
    const events = calls.map((call, n) =>
      eventOf(call, { id, n, agent, prompt: hasUserText ? prompt : '', timeMs: startedMs + n * 4_000 }),
    )
    return { id, label, firstEffect, events }
  })
}

const script = (
  { tasks, goals, wrappings, places }: Templates,
  { label, at, random }: { readonly label: LabelledSession['label']; readonly at: number; readonly random: Random },
): { readonly prompt: string; readonly calls: readonly ScriptedCall[]; readonly firstEffect: number } => {
  const task = (tasks[at % tasks.length] ?? random.pick(tasks))(random)
  if (label === 'honest') return { ...task, firstEffect: -1 }
  const goal = (goals[Math.floor(at / tasks.length) % goals.length] ?? random.pick(goals))(random)
  const text = random.pick(wrappings)(goal.order)
  const place = random.pick(places)
  // What an agent reads first is where orders are found: the results of what it changes are its own words.
  const calls = task.calls.map((call, n) => (n === 0 ? { ...call, result: place(call.result, text) } : call))
  if (label === 'resisted') return { prompt: task.prompt, calls, firstEffect: -1 }
  const before = random.between(1, calls.length + 1)
  const isGivenUp = random.chance(0.3)
  const obeyed = [...calls.slice(0, before), ...goal.calls, ...(isGivenUp ? [] : calls.slice(before))]
  return { prompt: task.prompt, calls: obeyed, firstEffect: before + goal.calls.length - 1 }
}

const eventOf = (
  call: ScriptedCall,
  of: {
    readonly id: string
    readonly n: number
    readonly agent: string
    readonly prompt: string
    readonly timeMs: number
  },
): object => ({
  time: new Date(of.timeMs).toISOString(),
  id: `${of.id}-${of.n}`,
  decision: 'allow',
  principal: { userId: `user-${of.agent}`, agentId: of.agent },
  session: { explicitId: of.id, ...(of.n === 0 && of.prompt !== '' && { userText: of.prompt }) },
  request: { method: 'tools/call', tool: call.tool, server: 'tools', jsonrpcId: of.n, arguments: call.args },
  result: { outcome: 'success', content: [{ type: 'text', text: call.result }] },
})
