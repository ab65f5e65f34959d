export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical'
export type FindingState = 'provisional' | 'final' | 'withdrawn'
export type TriageStatus = 'open' | 'acknowledged' | 'truePositive' | 'falsePositive'

/** A threshold and what was seen against it; `text` is one sentence a person can read. */
export interface Explanation {
  readonly text: string
  readonly thresholds: Readonly<Record<string, number | string>>
  readonly observed: Readonly<Record<string, number | string>>
}

export interface FindingRow {
  readonly id: string
  readonly incidentId: string
  readonly realm: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly severity: Severity
  /** Time of the call that completed the condition. */
  readonly timeUs: number
  readonly state: FindingState
  readonly agentId: string
  readonly userId: string
  readonly userEmail: string
  /** Sessions of the calls, the completing call's first. */
  readonly sessionIds: readonly string[]
  /** The calls that prove it, in order. */
  readonly calls: readonly string[]
  readonly explanation: Explanation
  readonly isShadow: boolean
  readonly status: TriageStatus
  readonly note: string
  readonly actions: readonly string[]
  readonly isLate: boolean
  readonly firstWrittenMs: number
  readonly version: number
}
