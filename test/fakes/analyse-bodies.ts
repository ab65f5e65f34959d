import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { countRecords } from '../../collectors/split-lines.ts'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { StoredEvent } from '../../src/analyse/rows.ts'
import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import { createSealToken } from '../../src/event/seal.ts'
import { MemorySink, MemoryStore } from '../simulation/memory-store.ts'

/** One body of records and the source that it is from. */
export interface SourceBody {
  readonly source: string
  readonly body: Uint8Array
}

/** What the analyser makes of bodies that arrive one after the other, two hours after the last of them. */
export const analyseBodies = (bodies: readonly SourceBody[], receivedMs: number) => {
  const sink = new MemorySink()
  const store = new MemoryStore()
  const key = Buffer.alloc(32, 7)
  const analyser = new Analyser({
    decode: createDecodeBatch({ formats, hashKey: key, sealToken: createSealToken({ key, keyId: 'test' }) }),
    sink,
    onEffect: () => undefined,
  })
  let position = 0
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => {
    position += 1
    analyser.apply(position, entry)
  }
  apply({ kind: 'tick', timeMs: receivedMs })
  for (const [index, { source, body }] of bodies.entries()) {
    apply({
      kind: 'batch',
      realm: 'default',
      source,
      format: 'auto',
      transport: 'test',
      identity: 'batch',
      batchId: `batch-${index}`,
      baseOffset: 0,
      firstOrdinal: 0,
      records: countRecords(body),
      part: 0,
      parts: 1,
      isBackfill: false,
      receivedMs,
      body,
    })
  }
  for (let minute = 0; minute <= 120; minute += 1) apply({ kind: 'tick', timeMs: receivedMs + minute * 60_000 })
  apply({ kind: 'mark' })
  for (const segment of sink.seal(position)) store.insert(segment)
  return {
    calls: store.current<CallRow>('calls'),
    sessions: store.current<SessionRow>('sessions'),
    events: (store.rows('events') as readonly StoredEvent[]).map(({ event }) => event),
  }
}
