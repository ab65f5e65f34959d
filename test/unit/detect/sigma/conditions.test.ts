import { describe, expect, it } from 'vitest'
import { matchEvents } from '../../../../src/detect/match-events.ts'
import { parseRules } from '../../../../src/detect/parse-rules.ts'
import { ruleOf } from '../../../fakes/rules.ts'

const textOf = (condition: string): string => `title: test
logsource: { product: windows }
detection:
  selection_a: { a: 1 }
  selection_b: { b: 1 }
  filter: { c: 1 }
  _hidden: { d: 1 }
  condition: ${condition}
`

const on = (condition: string, ...events: Readonly<Record<string, number>>[]): readonly boolean[] =>
  matchEvents(ruleOf(textOf(condition)), events)

describe('a condition', () => {
  it.each([
    ['selection_a', [{ a: 1 }], [{ b: 1 }]],
    ['selection_a and selection_b', [{ a: 1, b: 1 }], [{ a: 1 }]],
    ['selection_a or selection_b', [{ b: 1 }], [{ c: 1 }]],
    ['selection_a and not filter', [{ a: 1 }], [{ a: 1, c: 1 }]],
    ['not not selection_a', [{ a: 1 }], [{}]],
    ['selection_a or selection_b and filter', [{ a: 1 }, { b: 1, c: 1 }], [{ b: 1 }, { c: 1 }]],
    ['(selection_a or selection_b) and filter', [{ a: 1, c: 1 }], [{ a: 1 }]],
    ['1 of selection_*', [{ a: 1 }, { b: 1 }], [{ c: 1 }]],
    ['any of selection_*', [{ b: 1 }], [{ c: 1 }]],
    ['all of selection_*', [{ a: 1, b: 1 }], [{ a: 1 }]],
    ['1 of *_b', [{ b: 1 }], [{ a: 1 }]],
    ['1 of them', [{ a: 1 }, { c: 1 }], [{ d: 1 }]],
    ['all of them', [{ a: 1, b: 1, c: 1 }], [{ a: 1, b: 1, d: 1 }]],
    ['1 of _*', [{ d: 1 }], [{ a: 1 }]],
    ['1 of selection_* and not 1 of filter*', [{ a: 1 }], [{ a: 1, c: 1 }]],
    ['[selection_a, selection_b]', [{ a: 1 }, { b: 1 }], [{ c: 1 }]],
  ] as const)('%s', (condition, met, missed) => {
    expect(on(condition, ...met)).toEqual(met.map(() => true))
    expect(on(condition, ...missed)).toEqual(missed.map(() => false))
  })

  it('has its words in any letter case', () => {
    expect(on('selection_a AND NOT filter', { a: 1 }, { a: 1, c: 1 })).toEqual([true, false])
  })

  it.each([
    ['selection_c', 'did you mean "selection_'],
    ['selection_a and', 'ends too early'],
    ['(selection_a', '")" is missing'],
    ['selection_a selection_b', 'is not expected'],
    ['1 of nothing*', 'no search identifier matches'],
    ['selection_a | count() > 5', 'correlation'],
    [`${'('.repeat(60)}selection_a${')'.repeat(60)}`, 'nests deeper'],
  ])('%s is told what is wrong with it', (condition, fix) => {
    const { problems } = parseRules([{ name: 'test.yaml', text: textOf(condition) }])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ line: 8 })
    expect(problems[0]?.message).toContain(fix)
  })
})

describe('a filter', () => {
  const filtered = (rules: string, condition = 'not admins'): readonly boolean[] =>
    matchEvents(
      ruleOf(`title: rule
name: login
logsource: { product: windows }
detection:
  selection: { id: 1 }
  condition: selection
---
title: filter
logsource: { product: windows }
filter:
  rules: ${rules}
  admins: { user|startswith: adm_ }
  condition: ${condition}
`),
      [
        { id: 1, user: 'adm_x' },
        { id: 1, user: 'x' },
      ],
    )

  it('narrows the rules that it names, or any', () => {
    expect(filtered('[login]')).toEqual([false, true])
    expect(filtered('any')).toEqual([false, true])
    expect(filtered('[another]')).toEqual([true, true])
    expect(filtered('[login]', 'admins')).toEqual([true, false])
  })
})
