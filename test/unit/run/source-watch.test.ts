import { expect, test } from 'vitest'
import { SourceWatch } from '../../../src/run/source-watch.ts'

test('counts the records of each source, and when the last one came', () => {
  let nowMs = 1_000
  const watch = new SourceWatch(() => nowMs)
  watch.saw({ realm: 'default', source: 'edge', records: 3 })
  nowMs = 2_500
  watch.saw({ realm: 'default', source: 'edge', records: 4 })
  watch.saw({ realm: 'staging', source: 'edge', records: 1 })
  expect(watch.sources()).toEqual([
    { realm: 'default', source: 'edge', records: 7, lastRecordAt: 2.5 },
    { realm: 'staging', source: 'edge', records: 1, lastRecordAt: 2.5 },
  ])
})

test('a flood of names is one source more', () => {
  const watch = new SourceWatch(() => 0)
  for (let n = 0; n < 1_000; n += 1) watch.saw({ realm: 'default', source: `s${n}`, records: 2 })
  const sources = watch.sources()
  expect(sources).toHaveLength(201)
  expect(sources.at(-1)).toMatchObject({ realm: 'other', source: 'other', records: 1_600 })
})
