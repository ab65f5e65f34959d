import type { RuleNode } from '../rule-node.ts'
import type { Condition } from '../sigma/ast.ts'
import { conditionSql } from './condition-sql.ts'
import { fieldSql, valueTextSql } from './field-sql.ts'
import type { QueryParts } from './query-parts.ts'

/** A correlation with those whose calls are its inputs, by input. */
export interface NodeTree {
  readonly node: RuleNode
  readonly inner: ReadonlyMap<number, NodeTree>
}

/** A hit as one value, ordered by time and id: what `Hit` is in the stream. */
const hitType =
  'Tuple(t Int64, id String, mask UInt32, proof Array(String), session String, agent String, agent_name String, user String, email String, client String, f Array(String))'

const hitColumns = 't, id, mask, proof, session, agent, agent_name, user, email, client, f'

/** An inner correlation names at most so many of its calls as proof of an outer one, as in the stream. */
const innerProofMax = 50

/**
 * The calls that match an input of a correlation: group (its realm first), time, id and the hit as one value. `holdsOf` gives the SQL of an
 * inner correlation.
 */
export const hitsSql = (tree: NodeTree, params: QueryParts, holdsOf: (inner: NodeTree) => string): string => {
  const parts = [...selectionParts(tree, params), ...innerParts(tree, holdsOf)]
  const [only] = parts
  const all = parts.length === 1 && only !== undefined ? only : merged(parts)
  return `SELECT g, t, id, mask, f, CAST(tuple(${hitColumns}), '${hitType}') AS h FROM (${all}) WHERE bitAnd(mask, ${tree.node.keptMask}) != 0`
}

/** One call that comes as several inputs – by itself and through inner correlations – is one hit. */
const merged = (parts: readonly string[]): string => {
  const same = ['session', 'agent', 'agent_name', 'user', 'email', 'client', 'f'].map(
    (name) => `any(part.${name}) AS ${name}`,
  )
  return `SELECT part.g AS g, part.id AS id, any(part.t) AS t, groupBitOr(part.mask) AS mask, arrayFlatten(groupArray(part.proof)) AS proof, ${same.join(', ')} FROM (${parts.join(' UNION ALL ')}) AS part GROUP BY part.g, part.id`
}

/** Inputs that are grouped by the same fields are read together. */
const selectionParts = (tree: NodeTree, params: QueryParts): readonly string[] => {
  const { correlation } = tree.node
  const byGroup = new Map<string, number[]>()
  for (const [input, { source }] of correlation.inputs.entries()) {
    if ('inputs' in source) continue
    const key = correlation.groupBy.map((group) => group.fields[input]).join('\u0000')
    byGroup.set(key, [...(byGroup.get(key) ?? []), input])
  }
  return [...byGroup.values()].map((inputs) => selectionPart(tree.node, inputs, params))
}

const selectionPart = ({ correlation, fields }: RuleNode, inputs: readonly number[], params: QueryParts): string => {
  const [first = 0] = inputs
  const groups = correlation.groupBy.map((group) => ({
    name: group.fields[first] ?? '',
    takesUnknown: group.takesUnknown,
  }))
  const bits = inputs.map((input) => {
    const condition = correlation.inputs[input]?.source as Condition
    return `${conditionSql(condition, params)} * ${1 << input}`
  })
  const known = groups.filter((group) => !group.takesUnknown).map((group) => ` AND ${valueTextSql(group.name)} != ''`)
  return `SELECT id, t, ${textArray(['toString(realm)', ...groups.map((group) => valueTextSql(group.name))])} AS g, toUInt32(${bits.join(' + ')}) AS mask, ${textArray(fields.map(valueTextSql))} AS f, ${textArray([])} AS proof, session_id AS session, toString(agent_id) AS agent, toString(agent_name) AS agent_name, toString(user_id) AS user, toString(user_email) AS email, toString(client_name) AS client FROM seen_calls WHERE mask != 0${known.join('')}`
}

const innerParts = ({ node, inner }: NodeTree, holdsOf: (inner: NodeTree) => string): readonly string[] =>
  [...inner].map(([input, tree]) => {
    const fieldOf = (name: string): string => `at.f[${tree.node.fields.indexOf(name) + 1}]`
    const groups = node.correlation.groupBy.map((group) => ({ ...group, sql: fieldOf(group.fields[input] ?? '') }))
    const known = groups.filter((group) => !group.takesUnknown).map((group) => `${group.sql} != ''`)
    const proof = `arraySlice(arrayFlatten(arrayMap(hit -> arrayPushBack(hit.proof, hit.id), p)), -${innerProofMax})`
    return `SELECT at.id AS id, at.t AS t, ${textArray(['g[1]', ...groups.map((group) => group.sql)])} AS g, toUInt32(${1 << input}) AS mask, ${textArray(node.fields.map(fieldOf))} AS f, ${proof} AS proof, at.session AS session, at.agent AS agent, at.agent_name AS agent_name, at.user AS user, at.email AS email, at.client AS client FROM (${holdsOf(tree)}) WHERE ${known.length === 0 ? '1' : known.join(' AND ')}`
  })

const textArray = (texts: readonly string[]): string => `CAST([${texts.join(', ')}], 'Array(String)')`

/** The text of fields that are counted or compared, from a hit: `''` if one is unknown. As `valuesText` makes it. */
export const valuesTextSql = ({ fields }: RuleNode, names: readonly string[], of = 'f'): string => {
  const texts = names.map((name) => `${of}[${fields.indexOf(name) + 1}]`)
  const [only] = texts
  if (texts.length === 1 && only !== undefined) return only
  return `if(${texts.map((text) => `${text} = ''`).join(' OR ')}, '', concat(${texts.join(", '\\0', ")}))`
}

/** Whether a field of a hit is a list, whose text stands for several. */
export const isListField = (name: string): boolean => fieldSql(name)?.type === 'list'
