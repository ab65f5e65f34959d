import type { Logic } from '../rule.ts'
import type { RuleNode } from '../rule-node.ts'
import { valuesTextSql } from './hits-sql.ts'
import { boundsSql, countSql, microsSql } from './measured-sql.ts'

/**
 * Where what a window (t − timespan, t] adds up to holds. No window function here has a frame whose start moves –
 * ClickHouse would compute it anew for each row. Instead, what comes into the windows with a call goes out of them a
 * timespan later, and the sum of both so far is what is within.
 */
export const windowSql = (node: RuleNode, logic: WindowLogic, hits: string): string => {
  switch (logic.kind) {
    case 'count':
      return lastPeers(counted(node, hits), boundsSql(logic.bounds))
    case 'distinct':
      return lastPeers(distinct(node, logic.fields, hits), boundsSql(logic.bounds))
    default:
      return lastPeers(
        sums(node, logic.field, { hits, isAverage: logic.kind === 'average' }),
        `parts > 0 AND ${boundsSql(logic.bounds)}`,
      )
  }
}

type WindowLogic = Extract<Logic, { readonly kind: 'count' | 'distinct' | 'sum' | 'average' }>

/** Equal times are peers: a window of one holds them all, and the last of them completes it. */
const lastPeers = (measured: string, holds: string): string =>
  `SELECT g, t, h AS at, micros, parts FROM (${measured}) WHERE ${holds} ORDER BY id DESC LIMIT 1 BY g, t`

const soFar = 'OVER (PARTITION BY g ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)'

/** Hits as they come into the windows, and as they go out of them. `steps` names what each brings and takes away. */
const comingAndGoing = (
  rows: string,
  { timespanUs, comes, goes }: { readonly timespanUs: number; readonly comes: string; readonly goes: string },
): string =>
  `SELECT g, id, h, change.1 AS t, change.2 AS step, change.3 AS is_call FROM (SELECT *, arrayJoin([(t, ${comes}, 1), (t + ${timespanUs}, ${goes}, 0)]) AS change FROM ${rows})`

const counted = ({ correlation, countedMax }: RuleNode, hits: string): string => {
  const changes = comingAndGoing(hits, { timespanUs: correlation.timespanUs, comes: 'toInt64(1)', goes: 'toInt64(-1)' })
  return `SELECT g, t, id, h, ${countSql(`least(within, ${countedMax})`)} FROM (SELECT *, sum(step) ${soFar} AS within FROM (${changes})) WHERE is_call = 1`
}

/**
 * A value is within from its first call until a timespan after its last. So it comes with a call that a timespan without
 * it was before, and goes with one that a timespan without it follows.
 */
const distinct = (node: RuleNode, fields: readonly string[], hits: string): string => {
  const { timespanUs } = node.correlation
  const all = 'OVER (PARTITION BY g, v ORDER BY t, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)'
  const neighbours = `SELECT *, lagInFrame(t, 1, toInt64(-${farUs})) ${all} AS before, leadInFrame(t, 1, toInt64(${farUs})) ${all} AS after FROM (SELECT *, ${valuesTextSql(node, fields)} AS v FROM ${hits})`
  const changes = comingAndGoing(`(${neighbours})`, {
    timespanUs,
    comes: `toInt64(v != '' AND before <= t - ${timespanUs})`,
    goes: `-toInt64(v != '' AND after >= t + ${timespanUs})`,
  })
  return `SELECT g, t, id, h, ${countSql('within')} FROM (SELECT *, sum(step) ${soFar} AS within FROM (${changes})) WHERE is_call = 1`
}

/** Further away than any time. */
const farUs = 4_000_000_000_000_000

const sums = (
  { fields, correlation }: RuleNode,
  field: string,
  { hits, isAverage }: { readonly hits: string; readonly isAverage: boolean },
): string => {
  const valued = `SELECT *, ${microsSql(`f[${fields.indexOf(field) + 1}]`)} AS v FROM ${hits}`
  const changes = comingAndGoing(`(${valued})`, {
    timespanUs: correlation.timespanUs,
    comes: '(ifNull(v, toInt256(0)), toInt64(v IS NOT NULL))',
    goes: '(-ifNull(v, toInt256(0)), -toInt64(v IS NOT NULL))',
  })
  const summed = `SELECT *, sum(step.1) ${soFar} AS micros, toInt256(sum(step.2) ${soFar}) AS known FROM (${changes})`
  // With no value there is nothing to compare; a sum is a fraction of one part.
  return `SELECT g, t, id, h, micros, ${isAverage ? 'known' : 'least(known, toInt256(1))'} AS parts FROM (${summed}) WHERE is_call = 1`
}
