import type { Severity } from '../detect/rows.ts'

/** What a page says, before a target writes it in its own way. Every text may hold what an attacker chose. */
export interface PageContent {
  readonly incidentId: string
  readonly findingId: string
  readonly realm: string
  readonly severity: Severity
  /** Other severities that it had before: a target may know it by them. */
  readonly severitiesBefore: readonly Severity[]
  /** One line: what happened. */
  readonly title: string
  /** What was seen, with the numbers. */
  readonly text: string
  /** `''` where no rule found it. */
  readonly ruleId: string
  readonly agent: string
  readonly user: string
  readonly sessionId: string
  readonly calls: number
  /** A provisional finding may still be withdrawn; `''` where it is no finding. */
  readonly state: 'provisional' | 'final' | ''
  /** What was done about the incident so far, one line for each action. */
  readonly response: readonly string[]
  /** Page of `docs/runbooks` that helps, without its ending. */
  readonly runbook: string
  readonly timeMs: number
  /** When it ends by itself. */
  readonly untilMs: number
  /** Why nobody need look any more; `''` while it is open. */
  readonly ended: string
}
