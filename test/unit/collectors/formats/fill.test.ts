import { expect, it } from 'vitest'
import { fill } from '../../../../collectors/formats/fill.ts'
import { SourceFields } from '../../../../collectors/formats/source-fields.ts'
import { emptyEvent } from '../../../../src/event/event.ts'

it.each([
  ['', 'a', 'a', {}],
  ['', 7, '7', {}],
  ['', ['a'], '', { 'x.0': 'a' }],
  ['a', 'a', 'a', {}],
  ['7', 7, '7', {}],
  ['a', 'b', 'a', { x: 'b' }],
  // What only looks the same as text says more.
  ['a', ['a'], 'a', { 'x.0': 'a' }],
  ['[object Object]', { y: 'b' }, '[object Object]', { 'x.y': 'b' }],
])('%j with %j is %j and keeps %j', (known, value, expected, kept) => {
  const event = { ...emptyEvent(), clientName: known }
  const fields = new SourceFields({ x: value })
  fill(event, 'clientName', { fields, path: ['x'] })
  const attributes = {}
  fields.rest(attributes)
  expect(event.clientName).toBe(expected)
  expect(attributes).toEqual(kept)
})
