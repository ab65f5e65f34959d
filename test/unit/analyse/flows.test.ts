import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { Analyser } from '../../../src/analyse/analyser.ts'
import { restoreSnapshot, SnapshotWriter } from '../../../src/analyse/snapshot.ts'
import type { CallRow } from '../../../src/correlate/rows.ts'
import type { BatchEntry } from '../../../src/log/entry.ts'
import { activationOf, shippedRule } from '../../fakes/rules.ts'
import { decodeText } from '../../formats/decode-text.ts'
import { makeSessions } from '../../scorecard/make-sessions.ts'
import { training } from '../../scorecard/training.ts'
import { Random } from '../../simulation/random.ts'

interface Arrival {
  readonly atMs: number
  readonly line: string
}

const sessions = makeSessions(training, { honest: 10, resisted: 5, attacked: 15 }, { seed: 5, name: 'flow' })
const lines = sessions.flatMap(({ events }) => events.map((event) => JSON.stringify(event)))
const timeOf = (line: string): number => Date.parse((JSON.parse(line) as { readonly time: string }).time)
const nothing = (): void => undefined

/** The same events have the same ids, whichever batch brings them. */
const decode = (batch: BatchEntry) =>
  decodeText(batch.body, { format: 'agenttrail' }).map((record) => ({
    ...record,
    recordId: record.vendorId,
    events: record.events.map((event) => ({ ...event, eventId: `${record.vendorId}.0`, sourcePosition: 0 })),
  }))

const batchOf = (line: string, atMs: number): BatchEntry => ({
  kind: 'batch',
  realm: 'default',
  source: 'gateway',
  format: 'agenttrail',
  transport: 'http',
  identity: 'batch',
  batchId: line,
  baseOffset: 0,
  firstOrdinal: 0,
  records: 1,
  part: 0,
  parts: 1,
  isBackfill: false,
  receivedMs: atMs,
  body: Buffer.from(line),
})

/** What becomes of the calls when their events arrive so; with `restartAt` a snapshot is loaded before that arrival. */
const assessed = (arrivals: readonly Arrival[], restartAt = -1): readonly string[] => {
  const calls = new Map<string, CallRow>()
  const create = () =>
    new Analyser({
      decode,
      sink: {
        event: nothing,
        payload: nothing,
        deadLetter: nothing,
        command: nothing,
        call: (row, sign) => void (sign === 1 && calls.set(row.id, row)),
        session: nothing,
        finding: nothing,
        action: nothing,
      },
      onEffect: nothing,
    })
  let analyser = create()
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => analyser.apply(analyser.position + 1, entry)
  apply(activationOf(analyser.activation, shippedRule('tool-classes')))
  for (const [at, { atMs, line }] of arrivals.entries()) {
    apply({ kind: 'tick', timeMs: atMs })
    if (at === restartAt) {
      apply({ kind: 'mark' })
      const frames: Buffer[] = []
      const writer = new SnapshotWriter(analyser, (bytes) => frames.push(Buffer.from(bytes)))
      while (!writer.step());
      analyser = create()
      expect(restoreSnapshot(analyser, Buffer.concat(frames))).toBe(true)
    }
    apply(batchOf(line, atMs))
  }
  const endMs = arrivals.at(-1)?.atMs ?? 0
  for (let minute = 1; minute <= 30; minute += 1) apply({ kind: 'tick', timeMs: endMs + minute * 60_000 })
  apply({ kind: 'mark' })
  return [...calls.values()].map((row) => JSON.stringify([row.id, row.assessment])).sort()
}

const inOrder = lines.map((line): Arrival => ({ line, atMs: timeOf(line) + 90_000 })).sort((a, b) => a.atMs - b.atMs)
const wanted = assessed(inOrder)

/*
 * Goal: how calls stand to what their session heard is a function of the events, not of their arrival.
 * Method: labelled sessions arrive in order, then shuffled within the lateness bound, then with a restart from a snapshot.
 */
describe('flow', () => {
  it('is found at all', () => {
    expect(wanted).toHaveLength(lines.length)
    expect(wanted.filter((text) => text.includes('"destination"')).length).toBeGreaterThan(8)
    expect(wanted.filter((text) => text.includes('"unasked"')).length).toBeGreaterThan(4)
  })

  it.each([1, 2, 3])('is the same in whatever order events arrive within the bound (seed %i)', (seed) => {
    const random = new Random(seed)
    const arrivals = lines
      .map((line): Arrival => ({ line, atMs: timeOf(line) + random.between(0, 90_000) }))
      .sort((a, b) => a.atMs - b.atMs)
    expect(assessed(arrivals)).toEqual(wanted)
  })

  it.each([3, 20, 41])('is the same after a restart before arrival %i', (at) => {
    expect(assessed(inOrder, at)).toEqual(wanted)
  })
})
