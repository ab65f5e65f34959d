import type { PipelineStatus } from '../../src/api/read-model.ts'

type Records = PipelineStatus['records']

/** Counters at one moment. */
export interface Reading {
  readonly atMs: number
  readonly records: Records
}

const readingsMax = 61
const windowMs = 10_000

/** The last minute of readings, with the newest added. Counters that went back belong to another process: start anew. */
export const addReading = (readings: readonly Reading[], reading: Reading): readonly Reading[] => {
  const last = readings.at(-1)
  const isRestart = last !== undefined && total(reading.records) < total(last.records)
  return [...(isRestart ? [] : readings), reading].slice(-readingsMax)
}

const total = (records: Records): number => Object.values(records).reduce((sum, counts) => sum + totalOf(counts), 0)

const totalOf = (counts: Records[string]): number => counts.stored + counts.ignored + counts.duplicate + counts.rejected

/** Records a second over the last ten seconds, of all or of what `count` reads. */
export const ratePerSecond = (readings: readonly Reading[], count: (records: Records) => number = total): number => {
  const last = readings.at(-1)
  const base = readings.find((reading) => last !== undefined && reading.atMs >= last.atMs - windowMs)
  if (last === undefined || base === undefined || last.atMs <= base.atMs) return 0
  return ((count(last.records) - count(base.records)) * 1000) / (last.atMs - base.atMs)
}

/** Records a second between each reading and the one before it, oldest first. */
export const rateSteps = (readings: readonly Reading[]): readonly number[] =>
  readings.slice(1).map((reading, index) => {
    const before = readings[index]
    if (before === undefined || reading.atMs <= before.atMs) return 0
    return ((total(reading.records) - total(before.records)) * 1000) / (reading.atMs - before.atMs)
  })
