import { type Hit, valuesText } from '../hit.ts'
import type { Correlation } from '../rule.ts'
import { isWithin, type Measured, microsOf } from './measured.ts'
import { compilePresence } from './presence.ts'

/** What a window adds up to. Hits come and go at either end, so it is kept up to date and never computed anew. */
export interface Measure {
  readonly add: (hit: Hit) => void
  readonly remove: (hit: Hit) => void
  /** The value if the condition holds now, else null. */
  readonly held: () => Measured | null
}

/** The measure of a correlation that looks at a window as a set; null for one that does not. */
export const createMeasure = (correlation: Correlation): Measure | null => {
  const { logic } = correlation
  switch (logic.kind) {
    case 'count':
      return countMeasure((value) => isWithin(value, logic.bounds))
    case 'distinct':
      return distinctMeasure(
        (hit) => valuesText(hit, logic.fields),
        (value) => isWithin(value, logic.bounds),
      )
    case 'sum':
    case 'average':
      return sumMeasure(logic.field, logic.kind === 'average', (value) => isWithin(value, logic.bounds))
    case 'percentile':
      return percentileMeasure(logic.field, logic.percentile, (value) => isWithin(value, logic.bounds))
    case 'several':
    case 'together':
      return presenceMeasure(correlation)
    default:
      return null
  }
}

type Holds = (value: Measured) => boolean

export const countMeasure = (holds: Holds): Measure => {
  let count = 0
  return {
    add: () => {
      count += 1
    },
    remove: () => {
      count -= 1
    },
    held: () => (holds(count) ? count : null),
  }
}

export const distinctMeasure = (readValue: (hit: Hit) => string, holds: Holds): Measure => {
  const counts = new Map<string, number>()
  const change = (hit: Hit, by: 1 | -1): void => {
    const value = readValue(hit)
    // What is unknown is no value.
    if (value === '') return
    const count = (counts.get(value) ?? 0) + by
    if (count === 0) counts.delete(value)
    else counts.set(value, count)
  }
  return {
    add: (hit) => change(hit, 1),
    remove: (hit) => change(hit, -1),
    held: () => (holds(counts.size) ? counts.size : null),
  }
}

const sumMeasure = (field: string, isAverage: boolean, holds: Holds): Measure => {
  let micros = 0n
  let count = 0n
  const change = (hit: Hit, by: 1n | -1n): void => {
    const value = microsOf(hit.fields[field])
    if (value === null) return
    micros += value * by
    count += by
  }
  return {
    add: (hit) => change(hit, 1n),
    remove: (hit) => change(hit, -1n),
    held: () => {
      if (count === 0n) return null
      const value = { micros, parts: isAverage ? count : 1n }
      return holds(value) ? value : null
    },
  }
}

/** Nearest rank: the smallest value that at least so many percent of the values do not exceed. */
const percentileMeasure = (field: string, percentile: number, holds: Holds): Measure => {
  const sorted: bigint[] = []
  const wanted = microsOf(percentile) ?? 0n
  const placeOf = (value: bigint): number => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sorted[middle] as bigint) < value) low = middle + 1
      else high = middle
    }
    return low
  }
  const all = 100_000_000n
  return {
    add: (hit) => {
      const value = microsOf(hit.fields[field])
      if (value !== null) sorted.splice(placeOf(value), 0, value)
    },
    remove: (hit) => {
      const value = microsOf(hit.fields[field])
      if (value !== null) sorted.splice(placeOf(value), 1)
    },
    held: () => {
      if (sorted.length === 0) return null
      const rank = (wanted * BigInt(sorted.length) + all - 1n) / all
      const value = { micros: sorted[Number(rank) - 1] ?? (sorted[0] as bigint), parts: 1n }
      return holds(value) ? value : null
    },
  }
}

const presenceMeasure = (correlation: Correlation): Measure => {
  const counts = correlation.inputs.map(() => 0)
  const holds = compilePresence(correlation)
  const change = (hit: Hit, by: 1 | -1): void => {
    for (let at = 0; at < counts.length; at += 1) {
      if ((hit.mask & (1 << at)) !== 0) counts[at] = (counts[at] ?? 0) + by
    }
  }
  return { add: (hit) => change(hit, 1), remove: (hit) => change(hit, -1), held: () => holds(counts) }
}
