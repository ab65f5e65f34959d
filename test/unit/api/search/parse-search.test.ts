import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSearch } from '../../../../src/api/search/parse-search.ts'
import { SearchError } from '../../../../src/api/search/search-error.ts'
import type { SearchNode, SearchTest } from '../../../../src/api/search/search-node.ts'

const end = (bound: { readonly value: number; readonly isIncluded: boolean } | null): string =>
  bound === null ? '*' : `${bound.isIncluded ? '=' : ''}${bound.value}`
const shownTest = (value: SearchTest): string => {
  if (value.op === 'is') return JSON.stringify(value.text)
  return value.op === 'like' ? `~${value.pattern}` : `${end(value.from)}..${end(value.to)}`
}
const shown = (node: SearchNode): string => {
  if (node.kind === 'term') return `${node.field === 'any' ? '' : `${node.field}:`}${shownTest(node.test)}`
  if (node.kind === 'not') return `!${shown(node.node)}`
  return `(${node.nodes.map(shown).join(node.kind === 'and' ? ' & ' : ' | ')})`
}

describe('a search reads', () => {
  test.each([
    ['delete', '"delete"'],
    ['delete repo', '("delete" & "repo")'],
    ['tool:delete_repo AND decision:deny', '(tool:"delete_repo" & decision:"deny")'],
    ['a OR b c', '("a" | ("b" & "c"))'],
    ['(a OR b) c', '(("a" | "b") & "c")'],
    ['NOT a b', '(!"a" & "b")'],
    ['-agent:x', '!agent:"x"'],
    ['NOT -a', '!!"a"'],
    ['user:"mira  \\"m\\" (x)"', 'user:"mira  \\"m\\" (x)"'],
    ['agent:(a OR b*) c', '((agent:"a" | agent:~b%) & "c")'],
    ['tool:del?te_*', 'tool:~del_te\\_%'],
    ['tool:100%\\*', 'tool:"100%*"'],
    ['tool:-x', 'tool:"-x"'],
    ['resource:https://a.test:8/x', 'resource:"https://a.test:8/x"'],
    ['risk:>10', 'risk:10..*'],
    ['risk:<=10', 'risk:*..=10'],
    ['risk:7', 'risk:=7..=7'],
    ['risk:[1 TO 5}', 'risk:=1..5'],
    ['httpStatus:[500 TO *]', 'httpStatus:=500..*'],
    ['time:2026-05-01', `time:=${Date.UTC(2026, 4, 1) * 1000}..${Date.UTC(2026, 4, 2) * 1000}`],
    ['time:>=2026-05-01T10:00:00Z', `time:=${Date.UTC(2026, 4, 1, 10) * 1000}..*`],
    ['and or', '("and" & "or")'],
    ['"AND"', '"AND"'],
    ['kind:finding shadow:true', '(kind:"finding" & shadow:"true")'],
  ])('%s', (text, expected) => {
    expect(shown(parseSearch(text))).toBe(expected)
  })
})

describe('a search that is wrong says where', () => {
  test.each([
    ['tol:x', 1, 'did you mean tool?'],
    ['a frobnicate:x', 3, 'fields are kind, id'],
    ['a AND', 6, 'missing here'],
    ['tool:', 6, 'a value is missing here'],
    ['(a OR b', 1, 'never closed'],
    ['a)', 2, 'no bracket open'],
    ['user:"mira', 6, 'never closed'],
    ['risk:[1 TO 5', 6, 'never closed'],
    ['risk:[1 5]', 6, 'write [FROM TO UNTIL]'],
    ['risk:lots', 6, 'risk wants a number'],
    ['risk:>', 7, 'risk wants a number'],
    ['tool:[a TO b]', 6, 'no order'],
    ['time:yesterday', 6, 'time wants a time'],
    ['kind:rule', 6, 'one of call, session, finding'],
    ['shadow:maybe', 8, 'one of true, false'],
    ['agent:(a tool:b)', 10, 'about agent already'],
    ['user:""', 6, 'empty'],
    ['(((((((((((((((((((((a', 22, 'deep'],
    [`${'a '.repeat(61)}`, 121, 'more than 60 terms'],
  ])('%s', (text, column, message) => {
    try {
      parseSearch(text)
    } catch (error) {
      expect(error).toBeInstanceOf(SearchError)
      expect([(error as SearchError).column, (error as SearchError).message]).toEqual([
        column,
        expect.stringContaining(message),
      ])
      return
    }
    expect.fail('it was read')
  })
})

test('whatever is written is read or refused, never more', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    ':',
    '"',
    '\\',
    '*',
    '[',
    ']',
    '{',
    ' TO ',
    ' AND ',
    ' OR ',
    'NOT ',
    '-',
    'tool',
    'risk',
    '>',
    '5',
    'x',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        try {
          parseSearch(text)
        } catch (error) {
          expect(error).toBeInstanceOf(SearchError)
          const { column } = error as SearchError
          expect(column).toBeGreaterThanOrEqual(1)
          expect(column).toBeLessThanOrEqual(text.length + 1)
        }
      },
    ),
  )
})
