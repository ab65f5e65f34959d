import { expect, test } from 'vitest'
import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import type { ActionRow } from '../../src/respond/rows.ts'
import { replayStory } from '../fakes/replay-story.ts'
import { shippedRule } from '../fakes/rules.ts'
import { MemorySink, MemoryStore } from '../simulation/memory-store.ts'

const replayed = () => {
  const store = new MemoryStore()
  const sink = new MemorySink()
  const analyser = replayStory({
    startMs: Date.parse('2026-11-24T07:00:00Z'),
    rules: [shippedRule('deny-burst')],
    sink,
    onMark: (position) => {
      for (const segment of sink.seal(position)) store.insert(segment)
    },
  })
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
