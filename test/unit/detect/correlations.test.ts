import { describe, expect, it } from 'vitest'
import { parseRules } from '../../../src/detect/parse-rules.ts'
import { findingsOf } from '../../../src/detect/run-rule-tests.ts'
import { makeFact } from '../../fakes/call-facts.ts'
import { ruleOf, rulesOf } from '../../fakes/rules.ts'

type Part = Parameters<typeof makeFact>[0] & { readonly at: number }

const base = (name: string, selection: string): string => `---
title: ${name}
name: ${name}
logsource: { category: agent_activity }
detection:
  selection: { ${selection} }
  condition: selection
`

const rule = (correlation: string, extra = ''): string => `title: test
name: test
level: low
correlation:
${correlation
  .trim()
  .split('\n')
  .map((line) => `  ${line.trim()}`)
  .join('\n')}
${extra}
${base('a', 'tool: a')}${base('b', 'tool: b')}${base('c', 'tool: c')}${base('any', 'tool|exists: true')}`

/** The tools of the calls that prove each final finding. */
const found = (text: string, parts: readonly Part[]): readonly string[] => {
  const calls = parts.map(({ at, ...part }, n) =>
    makeFact({ tool: 'a', ...part, id: `${String(n).padStart(3, '0')}`, timeUs: at * 1_000_000 }),
  )
  calls.sort((a, b) => a.timeUs - b.timeUs)
  return findingsOf(ruleOf(text), calls).map((finding) =>
    finding.calls.map((id) => calls.find((call) => call.id === id)?.tool ?? '').join(''),
  )
}

const ats = (...times: number[]): Part[] => times.map((at) => ({ at }))

describe('event_count', () => {
  const count = (condition: string): string =>
    rule(`
    type: event_count
    rules: [a]
    timespan: 10s
    condition: { ${condition} }`)

  it.each([
    ['gte: 3', 3, 2],
    ['gt: 2', 3, 2],
    ['lt: 2', 1, 0],
    ['lte: 1', 1, 0],
    ['eq: 3', 3, 2],
    ['gt: 1, lte: 3', 2, 1],
  ])('%s', (condition, enough, short) => {
    const many = (n: number) => Array.from({ length: n }, (_, at) => ({ at }))
    expect(found(count(condition), many(enough))).toHaveLength(1)
    expect(found(count(condition), many(short))).toEqual([])
  })

  it('counts a call of several rules once, and calls of other rules not', () => {
    const both = rule(`
      type: event_count
      rules: [a, any]
      timespan: 10s
      condition: { gte: 2 }`)
    expect(found(both, ats(1))).toEqual([])
    expect(found(both, [{ at: 1 }, { at: 2, tool: 'z' }])).toEqual(['az'])
    expect(found(count('gte: 2'), [{ at: 1 }, { at: 2, tool: 'z' }])).toEqual([])
  })

  it('has a window that is open at its beginning, and equal times as peers', () => {
    expect(found(count('gte: 2'), ats(1, 11))).toEqual([])
    expect(found(count('gte: 2'), ats(2, 11))).toEqual(['aa'])
    expect(found(count('eq: 1'), ats(5, 5))).toEqual([])
  })
})

describe('value_count', () => {
  const distinct = (field: string): string =>
    rule(`
    type: value_count
    rules: [any]
    group-by: [agent]
    timespan: 10s
    condition: { field: ${field}, gte: 2 }`)

  it('counts distinct values, and leaves out what is unknown', () => {
    expect(found(distinct('tool'), [{ at: 1 }, { at: 2 }, { at: 3, tool: 'b' }])).toEqual(['ab'])
    expect(found(distinct('tool'), [{ at: 1 }, { at: 2 }])).toEqual([])
    expect(found(distinct('server'), [{ at: 1, server: '' }, { at: 2 }])).toEqual([])
  })

  it('counts pairs of values', () => {
    const pairs = distinct('[server, tool]')
    expect(found(pairs, [{ at: 1 }, { at: 2, server: 'other' }])).toHaveLength(1)
    expect(found(pairs, [{ at: 1 }, { at: 2 }])).toEqual([])
  })
})

describe('value_sum, value_avg and value_percentile', () => {
  const over = (type: string, condition: string): string =>
    rule(`
    type: ${type}
    rules: [a]
    timespan: 10s
    condition: { field: durationMs, ${condition} }`)
  const lasting = (...durations: (number | null)[]): Part[] =>
    durations.map((durationMs, at) => ({ at, durationUs: durationMs === null ? null : durationMs * 1000 }))

  it('add up exactly', () => {
    expect(found(over('value_sum', 'gte: 0.6'), lasting(0.1, 0.2, 0.3))).toHaveLength(1)
    expect(found(over('value_sum', 'gte: 0.601'), lasting(0.1, 0.2, 0.3))).toEqual([])
    expect(found(over('value_sum', 'gte: 1'), lasting(null))).toEqual([])
  })

  it('average over the calls that have a value', () => {
    expect(found(over('value_avg', 'eq: 20'), [...lasting(10, 30), { at: 2, durationUs: null }])).toHaveLength(1)
    expect(found(over('value_avg', 'gt: 20'), lasting(10, 30))).toEqual([])
  })

  it('take percentiles by nearest rank', () => {
    const ninety = (condition: string) => over('value_percentile', `percentile: 90, ${condition}`)
    const ten = lasting(1, 2, 3, 4, 5, 6, 7, 8, 9, 1000).map((part) => ({ ...part, at: 5 }))
    expect(found(ninety('eq: 9'), ten)).toHaveLength(1)
    expect(found(ninety('gt: 9'), ten)).toEqual([])
  })
})

describe('temporal', () => {
  it('needs all rules in any order', () => {
    const all = rule(`
      type: temporal
      rules: [a, b]
      timespan: 10s`)
    expect(found(all, [{ at: 1, tool: 'b' }, { at: 2 }])).toEqual(['ba'])
    expect(found(all, [{ at: 1, tool: 'b' }, { at: 12 }])).toEqual([])
    expect(found(all, ats(1, 2))).toEqual([])
  })

  it('takes so many of its rules, or a condition over them', () => {
    const two = rule(`
      type: temporal
      rules: [a, b, c]
      timespan: 10s
      condition: { gte: 2 }`)
    expect(found(two, [{ at: 1, tool: 'c' }, { at: 2 }])).toHaveLength(1)
    expect(found(two, ats(1, 2))).toEqual([])
    const without = rule(`
      type: temporal
      rules: [a, b, c]
      timespan: 10s
      condition: a and b and not c`)
    expect(found(without, [{ at: 1 }, { at: 2, tool: 'b' }])).toHaveLength(1)
    expect(found(without, [{ at: 1 }, { at: 2, tool: 'c' }, { at: 3, tool: 'b' }])).toEqual([])
  })
})

describe('temporal_ordered', () => {
  const ordered = rule(`
    type: temporal_ordered
    rules: [a, b, c]
    timespan: 10s`)

  it('needs the order, within the timespan', () => {
    expect(found(ordered, [{ at: 1 }, { at: 2, tool: 'b' }, { at: 3, tool: 'c' }])).toEqual(['abc'])
    expect(found(ordered, [{ at: 1, tool: 'b' }, { at: 2 }, { at: 3, tool: 'c' }])).toEqual([])
    expect(found(ordered, [{ at: 1 }, { at: 2, tool: 'b' }, { at: 11, tool: 'c' }])).toEqual([])
  })

  it('goes on from the latest beginning', () => {
    expect(found(ordered, [{ at: 1 }, { at: 8 }, { at: 9, tool: 'b' }, { at: 17, tool: 'c' }])).toEqual(['abc'])
  })

  it('takes equal times for either order, and one call for one step', () => {
    expect(found(ordered, [{ at: 1, tool: 'c' }, { at: 1, tool: 'b' }, { at: 1 }])).toEqual(['abc'])
    const twice = rule(`
      type: temporal_ordered
      rules: [a, any]
      timespan: 10s`)
    expect(found(twice, ats(1))).toEqual([])
    expect(found(twice, ats(1, 2))).toEqual(['aa'])
  })

  it('is broken off by what must not lie between', () => {
    const broken = rule(`
      type: temporal_ordered
      rules: [a, b]
      timespan: 10s
      between: { without: [c] }`)
    expect(found(broken, [{ at: 1 }, { at: 2, tool: 'x' }, { at: 3, tool: 'b' }])).toEqual(['ab'])
    expect(found(broken, [{ at: 1 }, { at: 2, tool: 'c' }, { at: 3, tool: 'b' }])).toEqual([])
    expect(found(broken, [{ at: 1, tool: 'c' }, { at: 2 }, { at: 3, tool: 'b' }])).toEqual(['ab'])
  })
})

describe('group-by', () => {
  it('keeps groups apart, and leaves out calls that belong to none', () => {
    const bySession = rule(`
      type: event_count
      rules: [a]
      group-by: [sessionId]
      timespan: 10s
      condition: { gte: 2 }`)
    expect(found(bySession, [{ at: 1 }, { at: 2 }])).toHaveLength(1)
    expect(found(bySession, [{ at: 1 }, { at: 2, sessionId: 's2' }])).toEqual([])
    expect(
      found(bySession, [
        { at: 1, sessionId: '' },
        { at: 2, sessionId: '' },
      ]),
    ).toEqual([])
  })

  it('joins different fields by an alias', () => {
    const aliased = rule(`
      type: temporal
      rules: [a, b]
      group-by: [who]
      timespan: 10s
      aliases: { who: { a: user.id, b: client.name } }`)
    expect(
      found(aliased, [
        { at: 1, userId: 'x' },
        { at: 2, tool: 'b', clientName: 'x' },
      ]),
    ).toHaveLength(1)
    expect(
      found(aliased, [
        { at: 1, userId: 'x' },
        { at: 2, tool: 'b', userId: 'x' },
      ]),
    ).toEqual([])
  })
})

describe('a chain of correlations', () => {
  const chained = `title: test
name: test
correlation:
  type: temporal_ordered
  rules: [many, b]
  timespan: 10s
---
title: many
name: many
correlation:
  type: event_count
  rules: [a]
  timespan: 5s
  condition: { gte: 3 }
${base('a', 'tool: a')}${base('b', 'tool: b')}`

  it('holds where its inner correlation held before, and names its calls', () => {
    expect(found(chained, [...ats(1, 2, 3), { at: 9, tool: 'b' }])).toEqual(['aaab'])
    expect(found(chained, [...ats(1, 2), { at: 9, tool: 'b' }])).toEqual([])
    expect(found(chained, [...ats(1, 2, 7), { at: 9, tool: 'b' }])).toEqual([])
    expect(found(chained, [...ats(1, 2, 3), { at: 14, tool: 'b' }])).toEqual([])
  })

  it('is one rule, unless its parts are to be rules too', () => {
    expect(rulesOf(chained).map((each) => each.id)).toEqual(['test'])
    const generated = chained.replace('  timespan: 10s', '  timespan: 10s\n  generate: true')
    expect(rulesOf(generated).map((each) => each.id)).toEqual(['test', 'many', 'b'])
  })

  it('refuses a circle and a rule that does not exist', () => {
    const circle = parseRules([{ name: 't.yaml', text: chained.replace('rules: [a]', 'rules: [test]') }])
    expect(circle.problems.map((problem) => problem.message).join()).toContain('leads back')
    const missing = parseRules([{ name: 't.yaml', text: chained.replace('rules: [a]', 'rules: [nobody]') }])
    expect(missing.problems.map((problem) => problem.message).join()).toContain('there is no rule "nobody"')
  })
})

const day = 86_400

describe('new_value', () => {
  const fresh = rule(`
    type: new_value
    rules: [any]
    group-by: [agent]
    field: tool
    lookback: 10d
    warm-up: 2d
    timespan: 1h`)

  it('needs a group that is known, and a value that is not', () => {
    expect(found(fresh, [{ at: 0 }, { at: 2 * day }, { at: 2 * day + 1, tool: 'b' }])).toEqual(['b'])
    expect(found(fresh, [{ at: 0 }, { at: 2 * day - 1, tool: 'b' }])).toEqual([])
    expect(found(fresh, [{ at: 0 }, { at: 3 * day }])).toEqual([])
  })

  it('forgets a value after the lookback', () => {
    expect(found(fresh, [{ at: 0, tool: 'b' }, { at: day }, { at: 10 * day, tool: 'b' }])).toEqual(['b'])
    expect(found(fresh, [{ at: 0, tool: 'b' }, { at: day }, { at: 10 * day - 1, tool: 'b' }])).toEqual([])
  })
})

describe('baseline', () => {
  const unusual = rule(`
    type: baseline
    rules: [a]
    group-by: [agent]
    timespan: 1h
    lookback: 2d
    buckets-min: 5
    deviations: 3
    condition: { gte: 5 }`)
  const hours = (...counts: number[]): Part[] =>
    counts.flatMap((count, hour) => Array.from({ length: count }, (_, n) => ({ at: hour * 3600 + n })))

  it('compares an hour with the hours before', () => {
    expect(found(unusual, hours(2, 2, 2, 2, 2, 6))).toHaveLength(1)
    expect(found(unusual, hours(2, 2, 2, 2, 2, 5))).toEqual([])
    expect(found(unusual, hours(2, 8, 5, 9, 3, 12))).toEqual([])
  })

  it('says nothing while it knows too little, and of few calls', () => {
    expect(found(unusual, hours(2, 2, 2, 2, 60))).toEqual([])
    expect(found(unusual, hours(0, 1, 1, 1, 1, 1, 4))).toEqual([])
  })
})

describe('absence', () => {
  const missing = rule(`
    type: absence
    rules: [a, b]
    timespan: 10s`)

  it('holds when what must follow did not', () => {
    expect(found(missing, [{ at: 1 }, { at: 20, tool: 'b' }])).toEqual(['a'])
    expect(found(missing, [{ at: 1 }, { at: 11, tool: 'b' }])).toEqual([])
    expect(found(missing, [{ at: 1, tool: 'b' }, { at: 1 }])).toEqual([])
    expect(found(missing, [{ at: 1, tool: 'b' }, { at: 2 }])).toEqual(['a'])
  })
})

describe('severity', () => {
  const graded = `${rule(
    `
    type: event_count
    rules: [a]
    timespan: 10s
    condition: { gte: 2 }`,
    `agenttrail:
  severity:
    - { level: medium, gte: 3 }
    - { level: critical, rules: [special] }`,
  )}${base('special', 'server: vault')}`

  it('follows what was met', () => {
    const severities = (parts: readonly Part[]) =>
      findingsOf(
        ruleOf(graded),
        parts.map(({ at, ...part }) => makeFact({ tool: 'a', ...part, timeUs: at * 1_000_000 })),
      ).map((finding) => finding.severity)
    expect(severities(ats(1, 2))).toEqual(['low'])
    expect(severities(ats(1, 2, 3))).toEqual(['medium'])
    expect(severities([{ at: 1, server: 'vault' }, { at: 2 }])).toEqual(['critical'])
    expect(severities([{ at: 1, server: 'vault', tool: 'x' }, { at: 2 }])).toEqual([])
  })
})

describe('an eager rule', () => {
  const eager = (selection: string, condition = 'gte: 2'): readonly string[] =>
    parseRules([
      {
        name: 't.yaml',
        text: `title: t
correlation: { type: event_count, rules: [x], timespan: 10s, condition: { ${condition} } }
agenttrail: { eager: true }
${base('x', selection)}`,
      },
    ]).problems.map((problem) => problem.message)

  it('counts explicit decisions upwards', () => {
    expect(eager('decision: deny, decisionBasis: explicit')).toEqual([])
    expect(eager('decision: deny').join()).toContain('decisionBasis: explicit')
    expect(eager('decision|neq: allow, decisionBasis: explicit').join()).toContain('no "not"')
    expect(eager('decision: deny, decisionBasis: explicit', 'lt: 2').join()).toContain('counts upwards')
  })
})
