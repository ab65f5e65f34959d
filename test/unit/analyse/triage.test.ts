import { beforeEach, describe, expect, test } from 'vitest'
import { Triage } from '../../../src/analyse/triage.ts'
import { EntityTable } from '../../../src/correlate/entity-table.ts'
import type { Finding } from '../../../src/detect/finding.ts'
import type { FindingRow } from '../../../src/detect/rows.ts'
import { makeFinding } from '../../fakes/rows.ts'
import { MemorySink, MemoryStore } from '../../simulation/memory-store.ts'

// Goal: a judgement of a finding of any age ends as the finding's one row, also when two come before the store has the first.

const stored = makeFinding({ id: 'f-old', version: 7, status: 'open', note: '' })
let store: MemoryStore
let sink: MemorySink
let triage: Triage
let changed: string[]

const seal = (mark: number): void => {
  for (const segment of sink.seal(mark)) store.insert(segment)
}
const judge = (status: string, note: string, findingId = 'f-old', row: object | null = stored): void =>
  triage.apply({ type: 'triage', findingId, status, note, ...(row === null ? {} : { stored: row }) }, 1_000)
const write = (version: number): void => {
  triage.write({ version, sink })
  seal(version)
}
const rows = () => store.current<FindingRow>('findings').map(({ id, status, note }) => ({ id, status, note }))

beforeEach(() => {
  store = new MemoryStore()
  sink = new MemorySink()
  changed = []
  const findings = new EntityTable<Finding>('findings')
  findings.add('f-new', { id: 'f-new', snap: 0, ord: 0, status: 'open', note: '' } as Finding)
  triage = new Triage({ findings, onChange: ({ id, status, note }) => changed.push(`${id} ${status} ${note}`) })
  sink.finding(stored, 1)
  seal(7)
})

describe('a judgement', () => {
  test('of a finding that is known changes it there', () => {
    judge('truePositive', 'seen', 'f-new', null)
    expect([changed, triage.hasAny]).toEqual([['f-new truePositive seen'], false])
  })

  test('of one that only the store has takes its row back and writes another', () => {
    judge('falsePositive', 'a backup job')
    expect(triage.hasAny).toBe(true)
    write(9)
    expect(rows()).toEqual([{ id: 'f-old', status: 'falsePositive', note: 'a backup job' }])
    expect(triage.hasAny).toBe(false)
  })

  test('that comes again before and after the store has the first is the last one', () => {
    judge('acknowledged', '')
    judge('falsePositive', 'no')
    write(9)
    judge('truePositive', 'after all')
    write(11)
    expect(rows()).toEqual([{ id: 'f-old', status: 'truePositive', note: 'after all' }])
  })

  test('long after the last one begins with the row that the store has now', () => {
    judge('acknowledged', '')
    write(9)
    triage.expire(2_000)
    expect(triage.table.size).toBe(0)
    judge('truePositive', 'late', 'f-old', { ...stored, status: 'acknowledged', version: 9 })
    write(12)
    expect(rows()).toEqual([{ id: 'f-old', status: 'truePositive', note: 'late' }])
  })

  test('of what nobody has changes nothing', () => {
    judge('truePositive', '', 'f-gone', null)
    expect(triage.hasAny).toBe(false)
  })
})
