import { describe, expect, it } from 'vitest'
import { Analyser } from '../../../src/analyse/analyser.ts'
import { restoreSnapshot, SnapshotWriter } from '../../../src/analyse/snapshot.ts'
import type { LogEntry } from '../../../src/log/entry.ts'
import { activationOf, shippedRule } from '../../fakes/rules.ts'
import { decodeText, receivedMs } from '../../formats/decode-text.ts'
import { MemorySink } from '../../simulation/memory-store.ts'

const line = (at: number): string =>
  JSON.stringify({
    level: 'info',
    service: 'authorize',
    'request-id': `r-${at}`,
    'mcp-method': 'tools/call',
    'mcp-tool': 'delete_repository',
    user: 'mira',
    allow: false,
    deny: true,
    time: new Date(receivedMs + at * 1000).toISOString(),
    message: 'authorize check',
  })

const batch = (at: number): LogEntry => ({
  kind: 'batch',
  realm: 'default',
  source: 'proxy',
  format: 'auto',
  transport: 'http',
  identity: 'batch',
  batchId: `b-${at}`,
  baseOffset: 0,
  firstOrdinal: 0,
  records: 1,
  part: 0,
  parts: 1,
  isBackfill: false,
  receivedMs: receivedMs + at * 1000,
  body: Buffer.from(line(at)),
})

const entriesFor = (at: number): LogEntry[] => [
  batch(at),
  { kind: 'tick', timeMs: receivedMs + at * 1000 },
  { kind: 'mark' },
]

const makeAnalyser = () => {
  const sink = new MemorySink()
  const decode = (entry: { readonly body: Uint8Array; readonly batchId: string }) =>
    decodeText(entry.body).map((record) => ({
      ...record,
      recordId: entry.batchId,
      events: record.events.map((event) => ({ ...event, eventId: `${entry.batchId}.0` })),
    }))
  const analyser = new Analyser({ decode, sink, onEffect: () => undefined })
  const apply = (entries: readonly LogEntry[]): void => {
    for (const entry of entries) analyser.apply(analyser.position + 1, entry)
  }
  apply([activationOf(analyser.activation, shippedRule('deny-burst'))])
  return { analyser, sink, apply }
}

const from = (first: number, count: number): LogEntry[] =>
  Array.from({ length: count }, (_, at) => entriesFor(first + at)).flat()

const complete = (writer: SnapshotWriter): void => {
  while (!writer.step());
}

/*
 * Goal: an analyser that was restored goes on as the one that was copied does, although that one changed meanwhile.
 * Method: begin a snapshot, change the analyser, complete the snapshot; feed both the same rest and compare the rows.
 */
describe('snapshot', () => {
  const taken = () => {
    const original = makeAnalyser()
    original.apply(from(0, 8))
    const chunks: Buffer[] = []
    const writer = new SnapshotWriter(original.analyser, (bytes) => chunks.push(bytes))
    original.sink.seal(0)
    original.apply(from(8, 4))
    complete(writer)
    return { original, writer, bytes: Buffer.concat(chunks) }
  }

  it('holds the state as it was when it began', () => {
    const { original, writer, bytes } = taken()
    const restored = makeAnalyser()
    expect(restoreSnapshot(restored.analyser, bytes)).toBe(true)
    expect(restored.analyser.position).toBe(writer.position)
    expect(restored.analyser.records).toEqual({
      pomerium: { stored: 8, ignored: 0, duplicate: 0, rejected: 0 },
    })
    restored.apply(from(8, 4))
    const rows = original.sink.seal(1)
    expect(rows.map((segment) => segment.table)).toContain('findings')
    expect(restored.sink.seal(1)).toEqual(rows)
  })

  it('still knows what it has seen', () => {
    const restored = makeAnalyser()
    restoreSnapshot(restored.analyser, taken().bytes)
    restored.apply([batch(3)])
    expect(restored.sink.seal(1)).toEqual([])
    expect(restored.analyser.batchOutcome('default', 'b-3')?.stored).toBe(1)
  })

  it('is refused if it is torn, altered or not a snapshot', () => {
    const { bytes } = taken()
    const altered = Buffer.from(bytes)
    const middle = Math.floor(altered.length / 2)
    altered[middle] = (altered[middle] ?? 0) ^ 1
    for (const bad of [bytes.subarray(0, bytes.length - 1), altered, Buffer.from('no snapshot'), Buffer.alloc(0)]) {
      expect(restoreSnapshot(makeAnalyser().analyser, bad)).toBe(false)
    }
  })

  it('is refused if older code made it', () => {
    const original = makeAnalyser()
    original.apply(from(0, 2))
    const scalars = original.analyser.saveScalars()
    original.analyser.saveScalars = () => ({ ...scalars, codeVersion: scalars.codeVersion - 1 })
    const chunks: Buffer[] = []
    complete(new SnapshotWriter(original.analyser, (bytes) => chunks.push(bytes)))
    expect(restoreSnapshot(makeAnalyser().analyser, Buffer.concat(chunks))).toBe(false)
  })

  it('stops at a newer code version', () => {
    const original = makeAnalyser()
    const saved = { ...original.analyser.saveScalars(), codeVersion: 1_000 }
    expect(() => makeAnalyser().analyser.prepare(saved)).toThrow(/newer agenttrail/)
  })
})
