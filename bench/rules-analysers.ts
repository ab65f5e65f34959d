import { createDecodeBatch } from '../collectors/decode.ts'
import { formats } from '../collectors/registry.ts'
import { Analyser } from '../src/analyse/analyser.ts'
import type { CallRow } from '../src/correlate/rows.ts'
import type { RuleFile } from '../src/detect/rule-file.ts'
import { createSealToken } from '../src/event/seal.ts'
import { createRecordTemplate } from './record-template.ts'

const lines = 1_000
/** 40,000 lines a second of event time. */
const batchMs = 25
/** Short, so that calls live through all that they ever do within the run. */
const latenessMs = 1_000
const batchesPerMark = 10
const startMs = Date.UTC(2026, 0, 5)

/** CPU microseconds per call of one analyser without rules and one with them, batch by batch in turns; and the calls. */
export const measureAnalysers = (files: readonly RuleFile[], batches: number) => {
  const calls = new Map<string, CallRow>()
  const without = createSubject([], (row) => calls.set(row.id, row))
  const withAll = createSubject(files, () => undefined)
  const template = createRecordTemplate({ lines, firstSerial: 0 })
  for (let at = 0; at < batches; at += 1) {
    const body = Buffer.from(template.next(startMs + at * batchMs))
    // Whoever comes second finds warm caches, so they take turns at that too.
    for (const subject of at % 2 === 0 ? [without, withAll] : [withAll, without]) subject.take(at, body)
  }
  const warmCalls = calls.size
  return {
    without: without.cpuMicros() / warmCalls,
    withAll: withAll.cpuMicros() / warmCalls,
    calls: [...calls.values()],
  }
}

const createSubject = (rules: readonly RuleFile[], onCall: (row: CallRow) => void) => {
  const ignore = (): void => undefined
  const key = Buffer.alloc(32, 1)
  const analyser = new Analyser({
    decode: createDecodeBatch({ formats, hashKey: key, sealToken: createSealToken({ key, keyId: 'bench' }) }),
    sink: {
      event: ignore,
      payload: ignore,
      deadLetter: ignore,
      call: (row, sign) => sign === 1 && onCall(row),
      session: ignore,
      finding: ignore,
      action: ignore,
      command: ignore,
    },
    onEffect: ignore,
  })
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => analyser.apply(analyser.position + 1, entry)
  apply({ kind: 'activation', content: { ...analyser.activation, latenessMs, rules: [...rules] } })
  let cpuMicros = 0
  const take = (at: number, body: Buffer): void => {
    const timeMs = startMs + at * batchMs
    const before = process.cpuUsage()
    if (timeMs % 1_000 === 0) apply({ kind: 'tick', timeMs })
    apply({
      kind: 'batch',
      realm: 'default',
      source: 'bench',
      format: 'auto',
      transport: 'bench',
      identity: 'batch',
      batchId: `batch-${at}`,
      baseOffset: 0,
      firstOrdinal: 0,
      records: lines,
      part: 0,
      parts: 1,
      isBackfill: false,
      receivedMs: timeMs,
      body,
    })
    if (at % batchesPerMark === batchesPerMark - 1) apply({ kind: 'mark' })
    const used = process.cpuUsage(before)
    cpuMicros += used.user + used.system
  }
  return { take, cpuMicros: () => cpuMicros }
}
