import { memberMaskOf } from '../evaluate/hold.ts'
import type { Correlation } from '../rule.ts'
import type { RuleNode } from '../rule-node.ts'
import type { Condition } from '../sigma/ast.ts'
import { boundsSql, countSql } from './measured-sql.ts'

/** Where the inputs that were met within the window are those, or as many, as asked for. The last hit of each proves it. */
export const presenceSql = ({ correlation }: RuleNode, hits: string): string => {
  const members = membersOf(correlation)
  const soFar = 'OVER (PARTITION BY g ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)'
  const start = `t - ${correlation.timespanUs}`
  const lasts = members.map((input) => `argMaxIf(h, (t, id), bitTest(mask, ${input})) ${soFar} AS last_${input}`)
  const bits = members.map((input) => `(last_${input}.t > ${start}) * ${1 << input}`)
  const met = `SELECT *, toUInt32(${bits.join(' + ')}) AS met FROM (SELECT *, ${lasts.join(', ')} FROM ${hits})`
  const holds = `SELECT *, ${countSql('bitCount(met)')} FROM (${met})`
  const within = `arrayFilter(hit -> hit.t > ${start}, [${members.map((input) => `last_${input}`).join(', ')}])`
  return `SELECT g, t, h AS at, micros, parts, arraySort(arrayDistinct(${within})) AS p FROM (${holds}) WHERE ${presenceTest(correlation)} ORDER BY id DESC LIMIT 1 BY g, t`
}

/** The inputs that a correlation counts. */
export const membersOf = (correlation: Correlation): readonly number[] =>
  correlation.inputs.flatMap((_input, at) => ((memberMaskOf(correlation) & (1 << at)) === 0 ? [] : [at]))

const presenceTest = (correlation: Correlation): string => {
  const { logic } = correlation
  if (logic.kind === 'several') return boundsSql(logic.bounds)
  const names = correlation.inputs.map((input) => input.name)
  return logic.kind === 'together' ? namesSql(logic.condition, names) : '0'
}

const namesSql = (condition: Condition, names: readonly string[]): string => {
  switch (condition.kind) {
    case 'and':
      return condition.of.length === 0 ? '1' : `(${condition.of.map((part) => namesSql(part, names)).join(' AND ')})`
    case 'or':
      return condition.of.length === 0 ? '0' : `(${condition.of.map((part) => namesSql(part, names)).join(' OR ')})`
    case 'not':
      return `(NOT ${namesSql(condition.of, names)})`
    case 'field': {
      const at = names.indexOf(condition.field)
      return at < 0 ? '0' : `bitTest(met, ${at})`
    }
    case 'keyword':
      return '0'
  }
}
