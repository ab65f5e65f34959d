import type { RuleNode } from '../rule-node.ts'
import { valuesTextSql } from './hits-sql.ts'

/** Of a bucket's calls these many prove what it came to, as in the stream. */
const bucketProofMax = 50

/** Adds the hits that prove each hold. A window reaches into two slots of its width, so only these are joined. */
export const provedSql = (node: RuleNode, holds: string, hits: string): string => {
  const { timespanUs, logic } = node.correlation
  const isBucket = logic.kind === 'baseline'
  const slot = `intDiv(t, ${timespanUs})`
  const slots = isBucket ? `${slot} AS slot` : `arrayJoin([${slot}, ${slot} - 1]) AS slot`
  const start = isBucket ? `hit.t >= hold.slot * ${timespanUs}` : `hit.t > hold.t - ${timespanUs}`
  const joined = `SELECT hold.g AS g, hold.t AS t, any(hold.at) AS at, any(hold.micros) AS micros, any(hold.parts) AS parts, arraySort(groupArray(hit.h)) AS within FROM (SELECT *, ${slots} FROM (${holds})) AS hold INNER JOIN (SELECT g, t, h, ${slot} AS slot FROM ${hits}) AS hit ON hold.g = hit.g AND hold.slot = hit.slot WHERE ${start} AND hit.t <= hold.t GROUP BY hold.g, hold.t`
  return `SELECT g, t, at, micros, parts, ${tellingSql(node)} AS p FROM (${joined})`
}

/** The hits of a window that decide what it says, as `tellingHits` picks them. */
const tellingSql = (node: RuleNode): string => {
  const { logic } = node.correlation
  switch (logic.kind) {
    case 'count':
      return `arraySlice(within, -${node.countedMax})`
    case 'distinct':
      return lastOfEach(node, logic.fields)
    case 'baseline':
      return `arraySlice(${logic.fields.length === 0 ? 'within' : lastOfEach(node, logic.fields)}, -${bucketProofMax})`
    default:
      return 'within'
  }
}

const lastOfEach = (node: RuleNode, fields: readonly string[]): string => {
  const values = `arrayMap(hit -> ${valuesTextSql(node, fields, 'hit.f')}, arrayReverse(within))`
  return `arrayReverse(arrayFilter((hit, nth, value) -> nth = 1 AND value != '', arrayReverse(within), arrayEnumerateUniq(${values}), ${values}))`
}
