import type { Measured } from '../evaluate/measured.ts'
import { createFinding, type Finding, findingId } from '../finding.ts'
import type { Hit } from '../hit.ts'
import { type Match, severityOfRank } from '../match.ts'
import type { Logic } from '../rule.ts'
import { type RuleNode, watchKey } from '../rule-node.ts'
import type { FieldValue } from '../sigma/compile-condition.ts'
import { isListField } from './hits-sql.ts'
import type { RuleSql } from './rule-sql.ts'

/** A row of `RuleSql.sql`. */
export interface RuleSqlRow {
  /** The realm, then the values that the rule groups by. */
  readonly g: readonly string[]
  readonly bucket: number
  readonly severity_rank: number
  readonly micros: string
  readonly parts: string
  readonly p: readonly HitRow[]
}

interface HitRow {
  readonly t: number
  readonly id: string
  readonly mask: number
  readonly proof: readonly string[]
  readonly session: string
  readonly agent: string
  readonly agent_name: string
  readonly user: string
  readonly email: string
  readonly client: string
  readonly f: readonly string[]
}

/** The finding that a row of a rule's query is: the one that the stream makes of the same calls. */
export const sqlFinding = ({ outer }: RuleSql, row: RuleSqlRow, tickMs: number): Finding => {
  const { rule, fields } = outer
  const [realm = ''] = row.g
  const hits = row.p.map((hit) => hitOf(hit, { realm, fields }))
  const match: Match = {
    bucket: row.bucket,
    hits,
    completing: hits.at(-1) as Hit,
    value: measuredOf(outer, row),
    severity: severityOfRank(row.severity_rank),
  }
  const subjectKey = watchKey(outer, row.g.join('\u0000'))
  const incidentId = findingId(subjectKey, row.bucket)
  return { ...createFinding(rule, match, { subjectKey, incidentId, tickMs }), state: 'final' }
}

/** A count is a plain number; a sum, an average or a percentile stays an exact fraction. */
const measuredOf = ({ correlation }: RuleNode, row: RuleSqlRow): Measured => {
  const micros = BigInt(row.micros)
  if (!fractions.has(correlation.logic.kind)) return Number(micros / 1_000_000n)
  return { micros, parts: BigInt(row.parts) }
}

const fractions: ReadonlySet<Logic['kind']> = new Set(['sum', 'average', 'percentile'])

const hitOf = (
  row: HitRow,
  { realm, fields }: { readonly realm: string; readonly fields: readonly string[] },
): Hit => ({
  id: row.id,
  timeUs: row.t,
  mask: row.mask,
  realm,
  sessionId: row.session,
  agentId: row.agent,
  agentName: row.agent_name,
  userId: row.user,
  userEmail: row.email,
  clientName: row.client,
  fields: Object.fromEntries(fields.map((name, at) => [name, fieldValueOf(name, row.f[at] ?? '')])),
  proof: row.proof,
})

const fieldValueOf = (name: string, text: string): FieldValue => (isListField(name) ? text.split('\u0001') : text)
