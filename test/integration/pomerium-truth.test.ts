import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { StoredEvent } from '../../src/analyse/rows.ts'
import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import { createSealToken } from '../../src/event/seal.ts'
import { activationOf, shippedRule } from '../fakes/rules.ts'
import { MemorySink, MemoryStore } from '../simulation/memory-store.ts'

interface TruthRequest {
  readonly kind: string
  readonly user?: string
  readonly client?: string
  readonly rpc_method?: string
  readonly http_method?: string
  readonly tool?: string
  readonly layer1?: 'allowed' | 'denied' | 'unauthenticated'
  readonly request_id?: string
  readonly note?: string
  /** null where Pomerium wrote no such line: a preflight has no authorize line. */
  readonly lines?: { readonly authorize: number | null; readonly access?: number | null }
}

interface Scenario {
  readonly id: string
  readonly file: string
  readonly requests: readonly TruthRequest[]
}

const folder = new URL('../fixtures/pomerium-live/', import.meta.url)
const truth = JSON.parse(readFileSync(new URL('truth.json', folder), 'utf8')) as readonly Scenario[]
const decisions = { allowed: 'allow', denied: 'deny', unauthenticated: 'escalate' } as const

/*
 * Goal: for every MCP request that was really made there is exactly one call, with the right decision, user and tool.
 * Method: the captured lines of each scenario go through decoding and analysis as one batch; the truth names, by line
 * number, the authorize and access line of each request.
 */
describe('captured Pomerium lines', () => {
  for (const scenario of truth) {
    it(`${scenario.id}: every request is one call`, () => {
      const { calls, eventIdOfLine } = analyse(scenario.file)
      const requests = mcpRequests(scenario)
      const found = requests.map((request) => callOf(request, { calls, eventIdOfLine }))
      // No call is two requests, and none was made up.
      expect(new Set(found.map((call) => call.id)).size).toBe(requests.length)
      expect(calls.length).toBe(requests.length)
    })
  }

  it('covers every kind of decision', () => {
    const seen = new Set(truth.flatMap((scenario) => mcpRequests(scenario).map(({ request }) => request.layer1)))
    expect([...seen].sort()).toEqual(['allowed', 'denied', 'unauthenticated'])
  })

  it('keeps two users apart who send the same request id', () => {
    const { calls } = analyse('i-request-id.jsonl')
    const users = new Set(
      calls.filter((call) => call.httpRequestId.startsWith('11111111')).map((call) => call.userEmail),
    )
    expect(users.size).toBe(2)
  })

  it('chains the sessions that refreshes mint into one', () => {
    const { calls, sessions } = analyse('d-refresh.jsonl')
    expect(calls.length).toBeGreaterThan(5)
    expect(sessions).toHaveLength(1)
  })
})

/** The one call of a request, checked against what was done. */
const callOf = (
  { request, line, accessLine }: ReturnType<typeof mcpRequests>[number],
  { calls, eventIdOfLine }: Pick<ReturnType<typeof analyse>, 'calls' | 'eventIdOfLine'>,
): CallRow => {
  const callsOfLine = (number: number): readonly CallRow[] => {
    const eventId = eventIdOfLine.get(number) ?? ''
    return calls.filter((call) => call.id === eventId || call.aliases.includes(eventId))
  }
  const found = callsOfLine(line)
  expect(found, `calls of line ${line}`).toHaveLength(1)
  const call = found[0] as CallRow
  if (accessLine !== null) expect(callsOfLine(accessLine), `call of access line ${accessLine}`).toEqual([call])
  expect(problemsOf(call, request), `line ${line}`).toEqual([])
  return call
}

/** Requests that Pomerium wrote an authorize line about, with the lines' numbers. */
const mcpRequests = (scenario: Scenario) =>
  scenario.requests.flatMap((request) => {
    const line = request.lines?.authorize
    if (request.kind !== 'mcp' || typeof line !== 'number') return []
    return [{ request, line, accessLine: request.lines?.access ?? null }]
  })

const problemsOf = (call: CallRow, request: TruthRequest): string[] => {
  const problems: string[] = []
  const decision = decisions[request.layer1 ?? 'allowed']
  if (call.decision !== decision) problems.push(`decision ${call.decision}, was ${decision}`)
  const isParsed = !call.disagreements.includes('request_not_parsed_by_proxy')
  // A body that Pomerium could not parse leaves no tool in any line; the last of two equal keys is the one that counts.
  const tool = !isParsed ? '' : request.rpc_method === 'DUP' ? 'delete_repository' : (request.tool ?? '')
  if (call.tool !== tool) problems.push(`tool ${call.tool}, was ${tool}`)
  const user = request.user?.replace(/^agent-ci$/, 'agent-ci@acme.test')
  if (request.layer1 !== 'unauthenticated' && call.userEmail !== user)
    problems.push(`user ${call.userEmail}, was ${user}`)
  return problems
}

const analyse = (file: string) => {
  const sink = new MemorySink()
  const store = new MemoryStore()
  const key = Buffer.alloc(32, 7)
  const analyser = new Analyser({
    decode: createDecodeBatch({ formats, hashKey: key, sealToken: createSealToken({ key, keyId: 'test' }) }),
    sink,
    onEffect: () => undefined,
  })
  const body = readFileSync(new URL(file, folder))
  const receivedMs = Date.parse('2026-11-24T09:00:00Z')
  let position = 0
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => {
    position += 1
    analyser.apply(position, entry)
  }
  apply(activationOf(analyser.activation, shippedRule('deny-burst')))
  apply({ kind: 'tick', timeMs: receivedMs })
  apply({
    kind: 'batch',
    realm: 'default',
    source: 'pomerium',
    format: 'auto',
    transport: 'test',
    identity: 'batch',
    batchId: file,
    baseOffset: 0,
    firstOrdinal: 0,
    records: body.toString().trimEnd().split('\n').length,
    part: 0,
    parts: 1,
    isBackfill: false,
    receivedMs,
    body,
  })
  // Two hours on, everything is final.
  for (let minute = 0; minute <= 120; minute += 1) apply({ kind: 'tick', timeMs: receivedMs + minute * 60_000 })
  apply({ kind: 'mark' })
  for (const segment of sink.seal(position)) store.insert(segment)
  const events = store.rows('events') as readonly StoredEvent[]
  return {
    calls: store.current<CallRow>('calls'),
    sessions: store.current<SessionRow>('sessions'),
    eventIdOfLine: new Map(events.map(({ event }) => [event.sourcePosition + 1, event.eventId])),
  }
}
