import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { RowSink } from '../../src/analyse/rows.ts'
import { storySeconds } from '../../src/cli/demo/script.ts'
import { createStory } from '../../src/cli/demo/story.ts'
import type { RuleFile } from '../../src/detect/rule-file.ts'
import { createSealToken } from '../../src/event/seal.ts'
import { activationOf } from './rules.ts'

const replayMs = 10_000

/**
 * The state machine over the story as `agenttrail demo` sends it: 170 seconds of it within ten. Its rows go to `sink`;
 * `onMark` is called after each mark.
 */
export const replayStory = (options: {
  readonly startMs: number
  readonly rules: readonly RuleFile[]
  readonly sink: RowSink
  readonly onMark?: (position: number) => void
}): Analyser => {
  const { startMs, rules, sink } = options
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
  apply(activationOf(analyser.activation, ...rules))
  for (let passedMs = 0; passedMs <= replayMs; passedMs += 250) {
    const nowMs = startMs + storySeconds * 1_000 + passedMs
    apply({ kind: 'tick', timeMs: nowMs })
    const from = next
    const storyMs = startMs + (passedMs / replayMs) * storySeconds * 1_000
    while ((story[next]?.writtenMs ?? Number.POSITIVE_INFINITY) <= storyMs) next += 1
    for (const format of ['pomerium', 'agenttrail'] as const) {
      const lines = story.slice(from, next).filter((record) => record.format === format)
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
        body: Buffer.from(lines.map((record) => `${record.line}\n`).join('')),
      })
    }
    apply({ kind: 'mark' })
    options.onMark?.(position)
  }
  return analyser
}
