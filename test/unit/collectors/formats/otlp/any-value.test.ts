import { expect, it } from 'vitest'
import { readAnyValue } from '../../../../../collectors/formats/otlp/any-value.ts'

it.each(['{"constructor":"x"}', '{"__proto__":"x"}', '{"toString":1}'])(
  'leaves %s as it is, which is no AnyValue',
  (text) => {
    expect(JSON.stringify(readAnyValue(JSON.parse(text)))).toBe(text)
  },
)

it('reads what the encoding allows', () => {
  expect(readAnyValue({ intValue: '7' })).toBe(7)
})
