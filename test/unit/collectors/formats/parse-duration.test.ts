import { expect, it } from 'vitest'
import { parseDuration } from '../../../../collectors/formats/parse-duration.ts'

it.each([
  ['233ms', 233_000, 1000],
  ['0ms', 0, 1000],
  ['1.5s', 1_500_000, 100_000],
  ['1.000001s', 1_000_001, 1],
  ['12µs', 12, 1],
  ['900ns', 1, 1],
  ['2m', 120_000_000, 60_000_000],
])('reads %s', (text, durationUs, precisionUs) => {
  expect(parseDuration(text)).toEqual({ durationUs, precisionUs })
})

it.each(['', '5', 'ms', '-5ms', '1h2m', '1e3ms', 'nullms', 'undefined'])('does not read %j', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
