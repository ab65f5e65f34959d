import type { GlobPart, RegexTest, TextTest } from '../sigma/ast.ts'
import { any, fold, literalOf } from '../sigma/glob.ts'
import type { QueryParts } from './query-parts.ts'

/** Whether a text, given as SQL, matches a pattern as a whole. */
export const textTestSql = (test: TextTest, params: QueryParts): ((text: string) => string) => {
  const parts = test.isCased ? test.parts : test.parts.map((part) => (typeof part === 'string' ? fold(part) : part))
  // ClickHouse's `lower` changes ASCII letters only: the same folding.
  const folded = (text: string): string => (test.isCased ? text : `lower(${text})`)
  const matches = simple(parts, params)
  return (text) => matches(folded(text))
}

const simple = (parts: readonly GlobPart[], params: QueryParts): ((text: string) => string) => {
  const isOpenLeft = isAny(parts[0])
  const isOpenRight = parts.length > 1 && isAny(parts.at(-1))
  const literal = literalOf(parts.slice(isOpenLeft ? 1 : 0, isOpenRight ? -1 : undefined))
  if (literal === null) {
    const pattern = params.text(`(?s)^${parts.map(regexOf).join('')}$`)
    return (text) => `match(${text}, ${pattern})`
  }
  const wanted = params.text(literal)
  if (isOpenLeft && isOpenRight) return (text) => `(position(${text}, ${wanted}) > 0)`
  if (isOpenLeft) return (text) => `endsWith(${text}, ${wanted})`
  if (isOpenRight) return (text) => `startsWith(${text}, ${wanted})`
  return (text) => `(${text} = ${wanted})`
}

const isAny = (part: GlobPart | undefined): boolean => typeof part === 'object' && part.wildcard === any.wildcard

const regexOf = (part: GlobPart): string => {
  if (typeof part === 'string') return part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  return { '*': '.*', '?': '.', dash: '[-/–—―]' }[part.wildcard]
}

/** Whether an expression is found anywhere in a text. ClickHouse lets a dot match a line's end unless told otherwise. */
export const regexSql = ({ pattern, flags }: RegexTest, params: QueryParts): ((text: string) => string) => {
  const on = `${flags.includes('i') ? 'i' : ''}${flags.includes('m') ? 'm' : ''}${flags.includes('s') ? 's' : ''}`
  const expression = params.text(`(?${on}${flags.includes('s') ? '' : '-s'})${pattern}`)
  return (text) => `match(${text}, ${expression})`
}
