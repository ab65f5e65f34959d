import { describe, expect, it } from 'vitest'
import { matchEvents } from '../../../../src/detect/match-events.ts'
import { parseRules } from '../../../../src/detect/parse-rules.ts'
import type { RuleFile } from '../../../../src/detect/rule-file.ts'

type Shape = Readonly<Record<string, unknown>>

const fileOf = (selection: string): RuleFile => ({
  name: 'test.yaml',
  text: `title: test\nlogsource: { product: windows }\nagenttrail:\n  placeholders: { Servers: ['srv*', db1] }\ndetection:\n  selection:\n${selection
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n  condition: selection\n`,
})

const matches = (selection: string, ...events: Shape[]): readonly boolean[] => {
  const { rules, problems } = parseRules([fileOf(selection)])
  expect(problems).toEqual([])
  const [rule] = rules
  if (rule === undefined) throw new Error('there is no rule')
  return matchEvents(rule, events)
}

/** One value of a field `f` that matches, one that does not. */
const cases: readonly (readonly [string, unknown, unknown])[] = [
  ['f: abc', 'ABC', 'abcd'],
  ['f: a*c', 'a--C', 'a--cd'],
  ['f: a?c', 'abc', 'ac'],
  ["f: 'a\\*c'", 'a*c', 'abc'],
  ["f: 'a\\?c'", 'a?c', 'abc'],
  ["f: 'C:\\Windows\\*'", 'c:\\windows*', 'c:\\windows\\x'],
  ["f: 'C:\\Windows\\\\*'", 'c:\\windows\\x', 'c:\\windows'],
  ["f: 'a\\\\\\*b'", 'a\\*b', 'a\\xb'],
  ["f: 'a\\b'", 'a\\b', 'ab'],
  ['f: 5', 5, 6],
  ['f: 5', '5', '5x'],
  ['f: true', true, false],
  ['f: null', null, 'x'],
  ["f: ''", '', 'x'],
  ['f: [a, b]', 'b', 'c'],
  ['f|contains: b', 'aBc', 'ac'],
  ['f|contains: [x, b]', 'abc', 'ac'],
  ['f|startswith: ab', 'ABc', 'cab'],
  ['f|endswith: bc', 'aBC', 'bca'],
  ['f|contains|all: [a, c]', 'abc', 'ab'],
  ['f|cased: aB', 'aB', 'ab'],
  ['f|contains|cased: B', 'aBc', 'abc'],
  ['f|exists: true', '', undefined],
  ['f|exists: false', undefined, 'x'],
  ['f|neq: a', 'b', 'A'],
  ['f|neq: [a, b]', 'c', 'b'],
  ['f|contains|neq: a', 'bc', 'bac'],
  ["f|windash|contains: ' -x'", 'cmd /X', 'cmd x'],
  ["f|windash|contains: ' -x'", 'cmd –x', 'cmd +x'],
  ['f|re: a[0-9]+c', 'xa12cx', 'xacx'],
  ['f|re: abc', 'abc', 'ABC'],
  ['f|re|i: abc', 'ABC', 'ab'],
  ["f|re|m: '^b$'", 'a\nb\nc', 'abc'],
  ['f|re|s: a.c', 'a\nc', 'ac'],
  ['f|base64: foo', 'Zm9v', 'zm9w'],
  ['f|base64offset|contains: foobar', `xx${Buffer.from('1foobar2').toString('base64')}`, 'Zm9v'],
  ['f|base64offset|contains: foobar', Buffer.from('12foobar').toString('base64'), 'Zm9v'],
  ['f|base64offset|contains: foobar', Buffer.from('foobar').toString('base64'), 'Zm9v'],
  ['f|utf16le|base64: cmd', Buffer.from('cmd', 'utf16le').toString('base64'), 'Y21k'],
  ['f|wide|base64: cmd', 'YwBtAGQA', 'Y21k'],
  ['f|utf16be|base64: cmd', 'AGMAbQBk', 'YwBtAGQA'],
  ['f|utf16|base64: cmd', '//5jAG0AZAA=', 'YwBtAGQA'],
  ['f|cidr: 10.0.0.0/8', '10.1.2.3', '11.1.2.3'],
  ['f|cidr: [192.168.0.0/16, 10.0.0.0/8]', '10.255.0.1', '172.16.0.1'],
  ['f|cidr: fd00::/8', 'fd12::1', 'fe80::1'],
  ['f|gt: 5', 6, 5],
  ['f|gte: 5', 5, 4],
  ['f|lt: 5', '4', '5'],
  ['f|lte: 5', 5, 5.1],
  ['f|minute: 7', '2026-01-05T10:07:00Z', '2026-01-05T10:08:00Z'],
  ['f|hour: 10', '2026-01-05T10:07:00Z', '2026-01-05T11:07:00Z'],
  ['f|hour|gte: 22', '2026-01-05T23:07:00Z', '2026-01-05T21:59:00Z'],
  ['f|day: 5', '2026-01-05T10:07:00Z', '2026-01-06T10:07:00Z'],
  ['f|week: 53', '2027-01-03T10:07:00Z', '2027-01-04T10:07:00Z'],
  ['f|month: 1', '2026-01-05T10:07:00Z', '2026-02-05T10:07:00Z'],
  ['f|year: 2026', '2026-01-05T10:07:00Z', '2027-01-05T10:07:00Z'],
  ["f|expand: '%Servers%'", 'SRV7', 'db2'],
  ["f|expand: 'x-%Servers%'", 'x-db1', 'db1'],
  ["f|expand: '\\%Servers\\%%Servers%'", '%Servers%db1', 'db1'],
  ["f: '%Servers%'", '%servers%', 'srv7'],
]

describe('a value of a rule', () => {
  it.each(cases)('%s', (selection, met, missed) => {
    const event = (value: unknown): Shape => (value === undefined ? { other: 1 } : { f: value, other: 1 })
    expect(matches(selection, event(met), event(missed))).toEqual([true, false])
  })

  it('compares two fields of one event', () => {
    expect(matches('f|fieldref: g', { f: 'a', g: 'A' }, { f: 'a', g: 'b' }, { f: 'a' }, {})).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(matches('f|fieldref|startswith: g', { f: 'abc', g: 'ab' }, { f: 'abc', g: 'bc' })).toEqual([true, false])
    expect(matches('f|fieldref|endswith: g', { f: 'abc', g: 'bc' }, { f: 'abc', g: 'ab' })).toEqual([true, false])
    expect(matches('f|fieldref|contains: g', { f: 'abc', g: 'b' }, { f: 'abc', g: 'd' })).toEqual([true, false])
    expect(matches('f|fieldref|neq: g', { f: 'a', g: 'b' }, { f: 'a', g: 'a' })).toEqual([true, false])
  })

  it('is met by one of several values of a field, and found below a path', () => {
    expect(matches('f: b', { f: ['a', 'b'] }, { f: ['a'] })).toEqual([true, false])
    expect(matches('a.b: c', { 'a.b': 'c' }, { a: { b: 'c' } }, { a: 'c' })).toEqual([true, true, false])
  })

  it('joins fields of a map by and, maps of a list by or', () => {
    expect(matches('f: a\ng: b', { f: 'a', g: 'b' }, { f: 'a' })).toEqual([true, false])
    expect(matches('- f: a\n- g: b', { f: 'x', g: 'b' }, { f: 'x', g: 'x' })).toEqual([true, false])
  })

  it('without a field is looked for everywhere', () => {
    expect(matches('- evil\n- 4711', { x: 'an EVIL one' }, { x: { y: 'a4711b' } }, { x: 'good' })).toEqual([
      true,
      true,
      false,
    ])
    expect(matches("'|all': [one, two]", { x: 'one', y: 'two' }, { x: 'one' })).toEqual([true, false])
    expect(matches("'|re': 'e[vw]il'", { x: 'an ewil one' }, { x: 'good' })).toEqual([true, false])
  })
})

describe('a wrong value', () => {
  it.each([
    ['f|contians: a', 'did you mean contains?'],
    ["f|re: '(?=a)'", 'RE2 has no look-around'],
    ["f|re: '(a)\\1'", 'RE2 has no look-around'],
    ['f|cidr: 10.0.0.0/33', 'write it as 10.0.0.0/8'],
    ['f|gt: many', 'write it without quotes'],
    ['f|exists: maybe', 'true or false'],
    ['f|all: [a]', '"all" needs a list'],
    ['f|re|contains: a', 'leave the text modifiers out'],
    ['f|i: a', 'flags of re'],
    ["f|expand: '%Nobody%'", 'has no values'],
    ['f|expand: nobody', 'no %placeholder%'],
    ['f|base64: a*', 'no wildcard'],
    ['f|contains|startswith: a', 'exclude each other'],
    ['f|contains: null', 'null has no text'],
    ['f: []', 'an empty list'],
  ])('%s is told with its line', (selection, fix) => {
    const { rules, problems } = parseRules([fileOf(selection)])
    expect(rules).toEqual([])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ file: 'test.yaml', line: 7 })
    expect(problems[0]?.message).toContain(fix)
  })
})
