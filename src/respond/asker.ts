import type { Finding } from '../detect/finding.ts'
import type { PageContent } from './page-content.ts'
import type { ActionRow } from './rows.ts'

/** Who asks for an action, and with what words. */
export interface Asker {
  readonly realm: string
  /** Finding or command. */
  readonly id: string
  readonly incidentId: string
  readonly findingId: string
  readonly by: string
  readonly reason: string
  readonly ttlMs: number | null
  readonly isDryRun: boolean
  /** What a page is to say; null where nobody may be called. */
  readonly alarm: Alarm | null
}

/** What a page says that does not depend on what else is done. */
export type Alarm = Omit<
  PageContent,
  'response' | 'incidentId' | 'findingId' | 'realm' | 'severitiesBefore' | 'untilMs' | 'ended'
>

export const askerOfFinding = (finding: Finding): Asker => ({
  realm: finding.realm,
  id: finding.id,
  incidentId: finding.incidentId,
  findingId: finding.id,
  by: `rule:${finding.ruleId}`,
  reason: finding.explanation.text,
  ttlMs: null,
  isDryRun: false,
  alarm: {
    severity: finding.severity,
    title: finding.ruleTitle,
    text: finding.explanation.text,
    ruleId: finding.ruleId,
    agent: finding.agentId,
    user: finding.userEmail || finding.userId,
    sessionId: finding.sessionIds[0] ?? '',
    calls: finding.calls.length,
    state: finding.state === 'final' ? 'final' : 'provisional',
    runbook: 'finding',
    timeMs: Math.floor(finding.timeUs / 1000),
  },
})

/** Why it is only computed, recorded and shown; null if it is to be carried out. */
export const dryReason = (asker: Asker, isToAct: boolean): string | null => {
  if (asker.isDryRun) return 'it was asked for as a dry run'
  return isToAct ? null : 'response is set to dry-run'
}

/** Whoever asked for it also asks for what follows from its failure, and somebody must know. */
export const askerOfFailure = (
  row: ActionRow,
  alarm: Pick<Alarm, 'title' | 'text' | 'runbook' | 'agent' | 'user' | 'sessionId' | 'timeMs'>,
): Asker => ({
  realm: row.realm,
  id: row.id,
  incidentId: row.incidentId,
  findingId: row.findingId,
  by: row.by,
  reason: alarm.text,
  ttlMs: null,
  isDryRun: false,
  alarm: { severity: 'critical', ruleId: '', calls: 0, state: '', ...alarm },
})
