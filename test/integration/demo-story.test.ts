import { expect, test } from 'vitest'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { Analyser } from '../../src/analyse/analyser.ts'
import { storySeconds } from '../../src/cli/demo/script.ts'
import { createStory } from '../../src/cli/demo/story.ts'
import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import { createSealToken } from '../../src/event/seal.ts'
import type { ActionRow } from '../../src/respond/rows.ts'
import { activationOf, shippedRule } from '../fakes/rules.ts'
import { MemorySink, MemoryStore } from '../simulation/memory-store.ts'

const startMs = Date.parse('2026-11-24T07:00:00Z')
const replayMs = 10_000

/** The state machine over the story as `agenttrail demo` sends it: 170 seconds of it within ten. */
const replayed = (): { readonly analyser: Analyser; readonly store: MemoryStore } => {
  const store = new MemoryStore()
  const sink = new MemorySink()
  const analyser = new Analyser({
    decode: createDecodeBatch({
      formats,
      hashKey: new Uint8Array(32),
      sealToken: createSealToken({ key: new Uint8Array(32), keyId: 'test' }),
    }),
    sink,
    onEffect: () => undefined,
  })
  const story = createStory(startMs)
  let position = 0
  let next = 0
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => {
    position += 1
    analyser.apply(position, entry)
  }
  apply(activationOf(analyser.activation, shippedRule('deny-burst')))
  for (let passedMs = 0; passedMs <= replayMs; passedMs += 250) {
    const nowMs = startMs + storySeconds * 1_000 + passedMs
    apply({ kind: 'tick', timeMs: nowMs })
    const from = next
    const storyMs = startMs + (passedMs / replayMs) * storySeconds * 1_000
    while ((story[next]?.writtenMs ?? Number.POSITIVE_INFINITY) <= storyMs) next += 1
    for (const format of ['pomerium', 'agenttrail'] as const) {
      const lines = story.slice(from, next).filter((record) => record.format === format)
      const body = Buffer.from(lines.map((record) => `${record.line}\n`).join(''))
      apply({
        kind: 'batch',
        realm: 'default',
        source: `demo-${format}`,
        format,
        transport: 'http',
        identity: 'batch',
        batchId: `${format}-${passedMs}`,
        baseOffset: 0,
        firstOrdinal: 0,
        records: lines.length,
        part: 0,
        parts: 1,
        isBackfill: false,
        receivedMs: nowMs,
        body,
      })
    }
    apply({ kind: 'mark' })
    for (const segment of sink.seal(position)) store.insert(segment)
  }
  return { analyser, store }
}

test('the demo shows every agent, and one finding about the hijacked one', () => {
  const { analyser, store } = replayed()
  const records = Object.values(analyser.records)
  expect(records.reduce((sum, counts) => sum + counts.rejected + counts.duplicate, 0)).toBe(0)

  const sessions = store.current<SessionRow>('sessions')
  expect(new Set(sessions.map((session) => session.agentId)).size).toBe(4)
  expect(sessions.every((session) => session.agentId !== '')).toBe(true)

  const findings = store.current<FindingRow>('findings')
  expect(findings.map((finding) => [finding.ruleId, finding.userEmail])).toEqual([['deny-burst', 'bob@acme.test']])
  const flagged = sessions.filter((session) => session.status === 'flagged' || session.findings.length > 0)
  expect(flagged.map((session) => session.userEmail)).toEqual(['bob@acme.test'])
  const actions = store.current<ActionRow>('actions').map((action) => action.kind)
  // Its finding is still provisional.
  expect(actions.sort()).toEqual(['flag', 'hold'])
})

test('proxy, gateway and access log of one request are one call', () => {
  const { store } = replayed()
  const calls = store.current<CallRow>('calls').filter((call) => call.tool === 'fork_repository')
  expect(calls).toHaveLength(1)
  const layers = calls[0]?.layers.map((layer) => [layer.layer, layer.decision]).sort()
  expect(layers).toEqual([
    ['gateway', 'deny'],
    ['proxy', 'allow'],
    ['proxy', 'not_evaluated'],
  ])
})
