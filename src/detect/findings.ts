import { EntityTable } from '../correlate/entity-table.ts'
import { claimOf, claims, createFinding, type Finding, findingId } from './finding.ts'
import type { Match } from './match.ts'
import type { Rule } from './rule.ts'

/** Findings that the analyser still knows, and how they come and go. */
export class Findings {
  readonly table = new EntityTable<Finding>('findings')
  readonly #onFinding: (finding: Finding) => void

  constructor(onFinding: (finding: Finding) => void) {
    this.#onFinding = onFinding
  }

  /** A rule holds for a group in a bucket. A claim that is made already is made once. */
  raise(
    rule: Rule,
    subjectKey: string,
    match: Match,
    { state, tickMs }: { readonly state: 'provisional' | 'final'; readonly tickMs: number },
  ): void {
    const incidentId = this.#incidentOf(subjectKey, match.bucket)
    const known = this.table.get(findingId(subjectKey, match.bucket))
    if (known === undefined) {
      const finding = createFinding(rule, match, { subjectKey, incidentId, tickMs })
      finding.state = state
      this.table.add(finding.id, finding)
      this.#onFinding(finding)
      return
    }
    const claim = claimOf(rule, match)
    if (known.state === state && known.incidentId === incidentId && claims(known, claim)) return
    this.table.touch(known.id, known)
    Object.assign(known, claim, { state, incidentId })
    this.#onFinding(known)
  }

  /** What a rule held before it holds no longer. */
  withdraw(subjectKey: string, bucket: number): void {
    const finding = this.table.get(findingId(subjectKey, bucket))
    if (finding === undefined || finding.state !== 'provisional') return
    this.table.touch(finding.id, finding)
    finding.state = 'withdrawn'
    this.#onFinding(finding)
  }

  /** Forgets what is over. */
  expire(beforeMs: number): void {
    for (const [id, finding] of this.table.entries()) {
      if (finding.state !== 'provisional' && finding.firedMs < beforeMs) this.table.delete(id)
    }
  }

  /** Findings in adjacent buckets are one incident, which keeps the id of the finding that opened it. */
  #incidentOf(subjectKey: string, bucket: number): string {
    const previous = this.table.get(findingId(subjectKey, bucket - 1))
    return previous === undefined || previous.state === 'withdrawn'
      ? findingId(subjectKey, bucket)
      : previous.incidentId
  }
}
