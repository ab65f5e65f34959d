import type { RuleNode } from '../rule-node.ts'
import { absenceSql } from './absence-sql.ts'
import { baselineSql } from './baseline-sql.ts'
import { hitsSql, type NodeTree } from './hits-sql.ts'
import { newValueSql } from './new-value-sql.ts'
import { orderedSql } from './ordered-sql.ts'
import { percentileSql } from './percentile-sql.ts'
import { presenceSql } from './presence-sql.ts'
import { provedSql } from './proved-sql.ts'
import type { QueryParts } from './query-parts.ts'
import { windowSql } from './window-sql.ts'

/** Where a correlation holds: group, time, the completing hit (`at`), the measured value and, if proved, its hits (`p`). */
export interface HoldsSql {
  readonly sql: string
  /** Whether `p` is there; else `provedSql` adds it. */
  readonly isProved: boolean
  /** The part that holds the correlation's hits. */
  readonly hits: string
}

export const holdsSql = (tree: NodeTree, params: QueryParts): HoldsSql => {
  const { node } = tree
  const hits = params.part(hitsSql(tree, params, (inner) => provenHoldsSql(inner, params)))
  const { logic } = node.correlation
  switch (logic.kind) {
    case 'ordered':
      return { sql: orderedSql(node, hits), isProved: true, hits }
    case 'newValue':
      return { sql: newValueSql(node, logic, hits), isProved: true, hits }
    case 'absence':
      return { sql: absenceSql(node, hits), isProved: true, hits }
    case 'together':
    case 'several':
      return { sql: presenceSql(node, hits), isProved: true, hits }
    case 'percentile':
      return { sql: percentileSql(node, logic, hits), isProved: true, hits }
    case 'baseline':
      return { sql: baselineSql(node, logic, hits), isProved: false, hits }
    default:
      return { sql: windowSql(node, logic, hits), isProved: false, hits }
  }
}

const provenHoldsSql = (tree: NodeTree, params: QueryParts): string => provenSql(tree.node, holdsSql(tree, params))

/** Holds with what proves them. */
export const provenSql = (node: RuleNode, { sql, isProved, hits }: HoldsSql): string =>
  isProved ? sql : provedSql(node, sql, hits)
