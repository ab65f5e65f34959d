import { type Hit, valuesText } from '../hit.ts'
import type { LiveWatch } from '../live-watch.ts'
import type { BaselineLogic, Bound, Correlation, NewValueLogic } from '../rule.ts'
import type { Condition } from '../sigma/ast.ts'
import type { History } from './hold.ts'
import { compilePresence } from './presence.ts'

/** More values than this are not looked at one by one. */
const valuesLookedAtMax = 64

/** All that a watch has, whatever the window. */
export interface Gathered {
  readonly final: readonly Hit[]
  readonly became: readonly Hit[]
  readonly live: LiveWatch
  readonly history: History | null
}

/**
 * Whether a correlation may hold anywhere: false only if all hits together, seen as one window, do not make it hold. Most
 * watches of honest traffic end here, at a cost that does not grow with what they saw.
 */
export const canHold = (correlation: Correlation, gathered: Gathered): boolean => {
  const { logic } = correlation
  switch (logic.kind) {
    case 'count':
      return sizeOf(gathered) >= leastOf(logic.bounds)
    case 'distinct':
      return hasValues(gathered, logic.fields, leastOf(logic.bounds))
    case 'several':
      return presentIn(correlation, gathered) >= leastOf(logic.bounds)
    case 'together':
      return !isMonotone(logic.condition) || compilePresence(correlation)(inputCounts(correlation, gathered)) !== null
    case 'ordered':
      return canComplete(correlation, gathered)
    case 'newValue':
      return canBeNew(logic, gathered)
    case 'baseline':
      return hasBuckets(correlation, logic, gathered)
    default:
      return true
  }
}

const sizeOf = ({ final, became, live }: Gathered): number => final.length + became.length + live.size

/** The least count that all bounds let pass. */
const leastOf = (bounds: readonly Bound[]): number => {
  let least = 0
  for (const { operator, value } of bounds) {
    if (operator === 'gte' || operator === 'eq') least = Math.max(least, value)
    else if (operator === 'gt') least = Math.max(least, Math.floor(value) + 1)
  }
  return least
}

/** Whether so many different values were seen; it stops looking when they were. */
const hasValues = (gathered: Gathered, fields: readonly string[], least: number): boolean => {
  const seen = new Set<string>()
  for (const value of valuesIn(gathered, fields)) {
    if (value !== '') seen.add(value)
    if (seen.size >= least) return true
  }
  return seen.size >= least
}

function* valuesIn({ final, became, live }: Gathered, fields: readonly string[]): Iterable<string> {
  yield* live.values.values()
  for (const hit of became) yield valuesText(hit, fields)
  for (const hit of final) yield valuesText(hit, fields)
}

const inputCounts = ({ inputs }: Correlation, { final, became, live }: Gathered): readonly number[] =>
  inputs.map((_input, at) => {
    const isOf = (hit: Hit): boolean => (hit.mask & (1 << at)) !== 0
    return (live.inputCounts[at] ?? 0) + (became.some(isOf) || final.some(isOf) ? 1 : 0)
  })

const presentIn = (correlation: Correlation, gathered: Gathered): number =>
  inputCounts(correlation, gathered).filter((count, at) => count > 0 && correlation.inputs[at]?.role === 'member')
    .length

/** Whether more can never make it hold less. */
const isMonotone = (condition: Condition): boolean => {
  if (condition.kind === 'not') return false
  return condition.kind === 'and' || condition.kind === 'or' ? condition.of.every(isMonotone) : true
}

/** Whether all steps are there from some chain's end, or from the first, to the last. */
const canComplete = (correlation: Correlation, gathered: Gathered): boolean => {
  const counts = inputCounts(correlation, { ...gathered, final: [] })
  const steps = correlation.inputs.flatMap(({ role }, at) => (role === 'member' ? [at] : []))
  const chains = gathered.history?.chains ?? []
  for (let step = steps.length - 1; step >= 0; step -= 1) {
    if ((counts[steps[step] ?? 0] ?? 0) === 0) return false
    if (step === 0 || chains[step - 1] !== undefined) return true
  }
  return false
}

const canBeNew = (logic: NewValueLogic, { became, live, history }: Gathered): boolean => {
  const known = history?.values
  // Hits that become final were live just now, and are few.
  let firstUs = Math.min(history?.firstUs ?? Number.MAX_SAFE_INTEGER, live.oldestUs)
  let { newestUs } = live
  for (const { timeUs } of became) {
    firstUs = Math.min(firstUs, timeUs)
    newestUs = Math.max(newestUs, timeUs)
  }
  if (firstUs > newestUs - logic.warmUpUs) return false
  const isOld = (value: string): boolean =>
    value === '' || (known?.get(value) ?? Number.NEGATIVE_INFINITY) > newestUs - logic.lookbackUs
  if (live.values.size > valuesLookedAtMax) return true
  for (const value of live.values.values()) if (!isOld(value)) return true
  return became.some((hit) => !isOld(valuesText(hit, logic.fields)))
}

/** Whether there were enough buckets to compare with, and enough in one to be more than is asked for at least. */
const hasBuckets = (correlation: Correlation, logic: BaselineLogic, gathered: Gathered): boolean => {
  const { became, live, history } = gathered
  const bucketOf = (timeUs: number): number => Math.floor(timeUs / correlation.timespanUs)
  const past = history?.buckets ?? noBuckets
  const newestUs = Math.max(live.newestUs, became.at(-1)?.timeUs ?? 0)
  const oldestUs = Math.min(live.oldestUs, became[0]?.timeUs ?? Number.MAX_SAFE_INTEGER)
  if (past.size + bucketOf(newestUs) - bucketOf(oldestUs) < logic.bucketsMin) return false
  return Math.max(0, ...past.values()) + became.length + live.size >= leastOf(logic.bounds)
}

const noBuckets: ReadonlyMap<number, number> = new Map()
