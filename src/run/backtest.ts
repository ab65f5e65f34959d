import type { BacktestShape } from '../api/backtest-schema.ts'
import type { TimeRange } from '../api/read-model.ts'
import type { Finding } from '../detect/finding.ts'
import { findingId } from '../detect/finding.ts'
import type { Rule } from '../detect/rule.ts'
import { type RuleSql, ruleSql } from '../detect/sql/rule-sql.ts'
import { type RuleSqlRow, sqlFinding } from '../detect/sql/sql-findings.ts'
import type { StoreClient } from '../store/client.ts'
import { type FindingColumns, findingShapes } from '../store/readers/findings.ts'
import { microsRange } from '../store/readers/page.ts'
import { rfcTime, storedTime } from '../store/readers/times.ts'

/** More findings than this tell nothing that the first did not. */
const findingsMax = 1_000
const dayUs = 86_400_000_000

export interface BacktestDeps {
  readonly client: StoreClient
  readonly rules: readonly Rule[]
  readonly now: () => Date
  /** Later calls can still change, so that nothing is final of them. */
  readonly latenessMs: number
}

/** Runs the query of a rule over stored calls. */
export const createBacktest =
  ({ client, rules, now, latenessMs }: BacktestDeps) =>
  async (realm: string, ruleId: string, range: TimeRange): Promise<BacktestShape | null> => {
    const rule = rules.find((each) => each.id === ruleId)
    if (rule === undefined) return null
    const nowUs = now().getTime() * 1000
    const { fromUs, toUs: untilUs } = microsRange(range, now())
    const toUs = Math.min(untilUs, nowUs - latenessMs * 1000)
    const budget = budgetOf(rule, toUs - fromUs)
    const asked = { ruleId, from: rfcTime(storedTime(fromUs)), to: rfcTime(storedTime(toUs)), budget }
    if (rule.state === 'off') return { ...asked, readFrom: asked.from, ...notEvaluable }
    const compiled = ruleSql(rule)
    const throughUs = Math.min(nowUs - latenessMs * 1000, toUs + compiled.afterUs)
    const readFromUs = Math.max(0, fromUs - compiled.beforeUs)
    const { rows, rowsRead, seconds } = await client.queryMeasured<RuleSqlRow>(compiled.sql, {
      ...compiled.params,
      realms: [realm],
      readFromUs,
      readToUs: throughUs + 1,
      fromUs,
      toUs,
      throughUs,
      limit: findingsMax + 1,
    })
    const found = findingsOf(compiled, rows.slice(0, findingsMax), Math.floor(nowUs / 1000))
    return {
      ...asked,
      readFrom: rfcTime(storedTime(readFromUs)),
      evaluable: true,
      reason: '',
      findings: await findingShapes(client, realm, found.map(findingColumns)),
      truncated: rows.length > findingsMax,
      rowsRead,
      seconds,
      withinBudget: rowsRead <= (budget.rowsMax ?? rowsRead) && seconds <= (budget.secondsMax ?? seconds),
    }
  }

const notEvaluable = {
  evaluable: false,
  reason: 'The rule is off, or about something else than the calls of agents: no stored call can answer it.',
  findings: [],
  truncated: false,
  rowsRead: 0,
  seconds: 0,
  withinBudget: true,
}

/** A budget is for a day; less than one is one. */
const budgetOf = ({ budget }: Rule, rangeUs: number): BacktestShape['budget'] => {
  const days = Math.max(1, rangeUs / dayUs)
  const forDays = (max: number | null): number | null => (max === null ? null : max * days)
  return { rowsMax: forDays(budget.rowsMax), secondsMax: forDays(budget.secondsMax) }
}

/** Findings of adjacent buckets are one incident, as in the stream. They come in the order of their buckets. */
const findingsOf = (compiled: RuleSql, rows: readonly RuleSqlRow[], tickMs: number): readonly Finding[] => {
  const incidents = new Map<string, string>()
  return rows.map((row) => {
    const finding = sqlFinding(compiled, row, tickMs)
    const incidentId = incidents.get(findingId(finding.subjectKey, finding.bucket - 1)) ?? finding.id
    incidents.set(finding.id, incidentId)
    return { ...finding, incidentId }
  })
}

const findingColumns = (finding: Finding): FindingColumns => ({
  id: finding.id,
  incident_id: finding.incidentId,
  rule_id: finding.ruleId,
  rule_title: finding.ruleTitle,
  severity: finding.severity,
  time: storedTime(finding.timeUs),
  state: finding.state,
  agent_id: finding.agentId,
  user_id: finding.userId,
  user_email: finding.userEmail,
  session_ids: finding.sessionIds,
  calls: finding.calls,
  explanation: JSON.stringify(finding.explanation),
  is_shadow: finding.isShadow,
  status: finding.status,
  note: finding.note,
  actions: finding.actions,
})
