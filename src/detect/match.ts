import type { Hold } from './evaluate/hold.ts'
import { isWithin, type Measured } from './evaluate/measured.ts'
import type { Hit } from './hit.ts'
import type { Severity } from './rows.ts'
import type { Rule } from './rule.ts'

const severities: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

export const severityRank = (severity: Severity): number => severities.indexOf(severity)

export const severityOfRank = (rank: number): Severity => severities[rank] ?? 'info'

/** A bucket in which a rule's condition held, and the calls that made it hold. */
export interface Match {
  readonly bucket: number
  /** The calls that prove it, in order; the last one completed it. */
  readonly hits: readonly Hit[]
  readonly completing: Hit
  readonly value: Measured
  readonly severity: Severity
}

/** What a group's final findings already say: nothing in this bucket is said twice, unless it is worse. */
export interface Said {
  readonly bucket: number | null
  readonly rank: number
}

/** A rule's matches, at most one a bucket: the first hold, or the first that is worse than it. */
export const matchesOf = (rule: Rule, hits: readonly Hit[], holds: readonly Hold[], said: Said): Match[] => {
  const matches = new Map<number, Match>()
  for (const hold of holds) {
    const bucket = Math.floor((hits[hold.at]?.timeUs ?? 0) / rule.correlation.timespanUs)
    const severity = severityOf(rule, hold)
    const known = matches.get(bucket)
    const rank = known !== undefined ? severityRank(known.severity) : bucket === said.bucket ? said.rank : -1
    if (severityRank(severity) <= rank) continue
    const proof = hold.proof()
    matches.set(bucket, { bucket, hits: proof, completing: proof.at(-1) as Hit, value: hold.value, severity })
  }
  return [...matches.values()]
}

const severityOf = (rule: Rule, hold: Hold): Severity => {
  let worst = rule.severity
  for (const step of rule.severitySteps) {
    if (severityRank(step.severity) <= severityRank(worst) || !isWithin(hold.value, step.bounds)) continue
    const mask = step.inputs.reduce((bits, input) => bits | (1 << input), 0)
    if (mask === 0 || hold.proof().some((hit) => (hit.mask & mask) !== 0)) worst = step.severity
  }
  return worst
}
