import type { Finding } from '../../src/detect/finding.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { type RuleSql, ruleSql } from '../../src/detect/sql/rule-sql.ts'
import { type RuleSqlRow, sqlFinding } from '../../src/detect/sql/sql-findings.ts'
import type { StoreClient } from '../../src/store/client.ts'

const endUs = Date.UTC(2100, 0, 1) * 1000

/** The rows of a rule's query over all stored calls of realms. */
export const queryRule = <T>(
  client: StoreClient,
  compiled: RuleSql,
  realms: readonly string[],
  throughUs = endUs,
): Promise<T[]> =>
  client.query<T>(compiled.sql, {
    ...compiled.params,
    realms,
    readFromUs: 0,
    readToUs: endUs,
    fromUs: 0,
    toUs: endUs,
    throughUs,
    limit: 100_000,
  })

/** What a rule's query finds among all stored calls of realms. */
export const historyFindings = async (
  client: StoreClient,
  rule: Rule,
  realms: readonly string[],
): Promise<readonly Finding[]> => {
  const compiled = ruleSql(rule)
  const rows = await queryRule<RuleSqlRow>(client, compiled, realms)
  return rows.map((row) => sqlFinding(compiled, row, 0))
}

type Said = Pick<
  Finding,
  'id' | 'ruleId' | 'severity' | 'timeUs' | 'agentId' | 'userId' | 'userEmail' | 'sessionIds' | 'calls' | 'explanation'
>

/** Everything that a finding says. */
export const findingText = (finding: Said): string =>
  JSON.stringify([
    finding.id,
    finding.ruleId,
    finding.severity,
    finding.timeUs,
    finding.agentId,
    finding.userId,
    finding.userEmail,
    [...finding.sessionIds].sort(),
    [...finding.calls].sort(),
    finding.explanation,
  ])
