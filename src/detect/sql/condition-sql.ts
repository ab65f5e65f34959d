import type { Condition } from '../sigma/ast.ts'
import { textsSql } from './field-sql.ts'
import type { QueryParts } from './query-parts.ts'
import { regexSql, textTestSql } from './text-test-sql.ts'
import { valueTestSql } from './value-test-sql.ts'

/** A condition over a call as SQL that is 0 or 1: what `compileCondition` says of the same call. */
export const conditionSql = (condition: Condition, params: QueryParts): string => {
  switch (condition.kind) {
    case 'and':
      return joined(condition.of, ' AND ', '1', params)
    case 'or':
      return joined(condition.of, ' OR ', '0', params)
    case 'not':
      return `(NOT ${conditionSql(condition.of, params)})`
    case 'field':
      return valueTestSql(condition.field, condition.test, params)
    case 'keyword': {
      const passes =
        condition.test.kind === 'text' ? textTestSql(condition.test, params) : regexSql(condition.test, params)
      return `arrayExists(word -> ${passes('word')}, ${textsSql()})`
    }
  }
}

const joined = (of: readonly Condition[], word: string, none: string, params: QueryParts): string =>
  of.length === 0 ? none : `(${of.map((part) => conditionSql(part, params)).join(word)})`
