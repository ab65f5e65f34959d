import { expect, it } from 'vitest'
import { SourceFields } from '../../../../collectors/formats/source-fields.ts'
import { parseExact } from '../../../../src/event/raw-json.ts'

const read = (text: string): SourceFields => new SourceFields(parseExact(text) as Record<string, unknown>)

const restOf = (fields: SourceFields): Record<string, string> => {
  const attributes = {}
  fields.rest(attributes)
  return attributes
}

it('keeps what was not used, under its dotted path', () => {
  const fields = read('{"a":"1","b":{"c":"2","d":{"e.f":[3,{}]},"g":null},"h.i":"4"}')
  expect([fields.text('a'), fields.text('b', 'c'), fields.text('h.i')]).toEqual(['1', '2', '4'])
  expect(restOf(fields)).toEqual({ 'b.d.e\\.f.0': '3', 'b.d.e\\.f.1': '{}', 'b.g': 'null' })
})

it('keeps a value whose type the reader cannot use', () => {
  const fields = read('{"a":5,"b":"x","c":["p",1],"d":"true"}')
  expect([fields.text('a'), fields.number('b'), fields.texts('c'), fields.flag('d')]).toEqual(['', null, [], undefined])
  expect(restOf(fields)).toEqual({ a: '5', b: 'x', 'c.0': 'p', 'c.1': '1', d: 'true' })
})

it('reads ids with all their digits', () => {
  const fields = read('{"a":9007199254740993,"b":7,"c":"x"}')
  expect([fields.id('a'), fields.id('b'), fields.id('c'), fields.id('d')]).toEqual(['9007199254740993', '7', 'x', ''])
  expect(restOf(fields)).toEqual({})
})

it('gives any value as JSON, and text that already is JSON unchanged', () => {
  const fields = read('{"a":{"x":9007199254740993},"b":" [1]","c":"plain","d":null}')
  expect([fields.json('a'), fields.json('b'), fields.json('c'), fields.json('d')]).toEqual([
    '{"x":9007199254740993}',
    ' [1]',
    '"plain"',
    '',
  ])
  expect(restOf(fields)).toEqual({ d: 'null' })
})

it('does not look at inherited members', () => {
  expect(read('{}').peek('constructor', 'name')).toBeUndefined()
})
