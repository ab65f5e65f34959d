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

/** A hold that a finding tells of. */
export interface Telling {
  readonly bucket: number
  readonly severity: Severity
  readonly hold: Hold
}

/** The holds that a rule tells of, at most one a bucket: the first, or the first that is worse than it. */
export const tellingHolds = (rule: Rule, holds: readonly Hold[], said: Said): Telling[] => {
  const telling = new Map<number, Telling>()
  for (const hold of holds) {
    const bucket = bucketOf(rule, hold)
    const severity = severityOf(rule, hold)
    const known = telling.get(bucket)
    const rank = known !== undefined ? severityRank(known.severity) : bucket === said.bucket ? said.rank : -1
    if (severityRank(severity) > rank) telling.set(bucket, { bucket, severity, hold })
  }
  return [...telling.values()]
}

/** Whether a hold is the first of its bucket, or worse than the one before it that was told. */
export const tellsMore = (rule: Rule, hold: Hold, before: Hold | undefined): boolean =>
  before === undefined ||
  bucketOf(rule, hold) !== bucketOf(rule, before) ||
  severityRank(severityOf(rule, hold)) > severityRank(severityOf(rule, before))

export const matchOf = ({ bucket, severity, hold }: Telling): Match => {
  const hits = hold.proof()
  return { bucket, hits, completing: hits.at(-1) as Hit, value: hold.value, severity }
}

const bucketOf = (rule: Rule, { hit }: Hold): number => Math.floor(hit.timeUs / rule.correlation.timespanUs)

const severityOf = (rule: Rule, hold: Hold): Severity => {
  let worst = rule.severity
  for (const step of rule.severitySteps) {
    if (severityRank(step.severity) <= severityRank(worst) || !isWithin(hold.value, step.bounds)) continue
    const mask = step.inputs.reduce((bits, input) => bits | (1 << input), 0)
    if (mask === 0 || hold.proof().some((hit) => (hit.mask & mask) !== 0)) worst = step.severity
  }
  return worst
}
