import type { CallFact } from './call-fact.ts'
import { callFromShape, unknownFieldText } from './call-from-shape.ts'
import { parseTimespan } from './parse-timespan.ts'
import { assessTestCalls, type CallContents, type TestCall, takeContents } from './test-contents.ts'
import type { ToolClasses } from './tools/tool-classes.ts'

/** Monday, in office hours: rules about times of day say otherwise with `at`. */
const startUs = Date.UTC(2026, 0, 5, 10) * 1000
const secondUs = 1_000_000
/** A test is meant to be read; more calls than this are none. */
const callsMax = 20_000

/** What every call of a test has if the rule's file does not say otherwise. */
const usualCall = {
  'agent.id': 'agent-1',
  'agent.name': 'Agent',
  'user.id': 'user-1',
  'user.email': 'user-1@example.com',
  'client.name': 'client',
  sessionId: 'session-1',
  server: 'server-1',
  method: 'tools/call',
  tool: 'get_item',
  decision: 'allow',
  decisionBasis: 'explicit',
  outcome: 'success',
} as const

type TestEntry = Readonly<Record<string, unknown>>

export interface TestCalls {
  readonly calls: readonly CallFact[]
  /** What the events of these calls carry, by the call's id. */
  readonly contents: ReadonlyMap<string, CallContents>
  readonly problems: readonly string[]
}

/**
 * The calls of a test in order. Each is a second after the one before unless `at` (from the start) or `after` (from the
 * one before) says otherwise; `repeat` and `every` make several of one, with `{n}` in a text for its number.
 */
export const readTestCalls = (entries: readonly TestEntry[], tools: ToolClasses): TestCalls => {
  const calls: TestCall[] = []
  const problems = new Set<string>()
  let timeUs = startUs - secondUs
  for (const entry of entries) {
    const { shape, count, firstUs, stepUs } = readEntry(entry, timeUs, problems)
    if (calls.length + count > callsMax) problems.add(`more than ${callsMax} calls; say it with fewer`)
    for (let n = 1; n <= count && calls.length < callsMax; n += 1) {
      timeUs = firstUs + (n - 1) * stepUs
      const { contents, rest } = takeContents(numbered(shape, n))
      const { call, unknown } = callFromShape({ ...usualCall, ...rest })
      for (const name of unknown) problems.add(unknownFieldText(name))
      const id = `call-${String(calls.length + 1).padStart(5, '0')}`
      calls.push({ fact: { ...call, id, timeUs: call.timeUs || timeUs }, contents })
    }
  }
  calls.sort(({ fact: a }, { fact: b }) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1))
  return {
    calls: assessTestCalls(calls, tools),
    contents: new Map(calls.map(({ fact, contents }) => [fact.id, contents])),
    problems: [...problems],
  }
}

interface Entry {
  readonly shape: TestEntry
  readonly count: number
  readonly firstUs: number
  readonly stepUs: number
}

const readEntry = (entry: TestEntry, beforeUs: number, problems: Set<string>): Entry => {
  const { at, after, repeat, every, ...shape } = entry
  const atUs = spanUs(at, problems)
  return {
    shape,
    count: typeof repeat === 'number' ? repeat : 1,
    firstUs: atUs === null ? beforeUs + (spanUs(after, problems) ?? secondUs) : startUs + atUs,
    stepUs: spanUs(every, problems) ?? secondUs,
  }
}

const spanUs = (value: unknown, problems: Set<string>): number | null => {
  if (value === undefined) return null
  const text = String(value)
  if (/^[0-9]+[smhd]$/.test(text)) return parseTimespan(text)
  problems.add(`"${text}" is no time; write a number and s, m, h or d, such as 90s`)
  return null
}

const numbered = (shape: TestEntry, n: number): TestEntry =>
  Object.fromEntries(
    Object.entries(shape).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replaceAll('{n}', String(n)) : value,
    ]),
  )
