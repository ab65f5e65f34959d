import type { Finding } from '../detect/finding.ts'
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
}

export const askerOfFinding = (finding: Finding): Asker => ({
  realm: finding.realm,
  id: finding.id,
  incidentId: finding.incidentId,
  findingId: finding.id,
  by: `rule:${finding.ruleId}`,
  reason: finding.explanation.text,
  ttlMs: null,
  isDryRun: false,
})

/** Why it is only computed, recorded and shown; null if it is to be carried out. */
export const dryReason = (asker: Asker, isToAct: boolean): string | null => {
  if (asker.isDryRun) return 'it was asked for as a dry run'
  return isToAct ? null : 'response is set to dry-run'
}

/** Whoever asked for it also asks for what follows from it. */
export const askerOfAction = (row: ActionRow): Asker => ({
  realm: row.realm,
  id: row.id,
  incidentId: row.incidentId,
  findingId: row.findingId,
  by: row.by,
  reason: row.reason,
  ttlMs: null,
  isDryRun: false,
})
