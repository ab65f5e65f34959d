import { expect, test } from 'vitest'
import { microsOf, rfcTime, rfcTimeOfMs } from '../../../../src/store/readers/times.ts'

test.each([
  ['1970-01-01T00:00:00Z', 0],
  ['1970-01-01T00:00:00.000001Z', 1],
  ['1970-01-01 00:00:01.5', 1_500_000],
  ['1970-01-01T02:00:00+02:00', 0],
  ['1969-12-31T23:59:59.999999Z', -1],
  ['1970-01-01T00:01Z', 60_000_000],
  ['1970-01-01T00:00:00.1234567899z', 123_456],
  ['yesterday', null],
  ['1970-13-01T00:00:00Z', null],
])('%s is %s microseconds', (text, micros) => {
  expect(microsOf(text)).toBe(micros)
})

test('stored times come out in RFC 3339 with microseconds', () => {
  expect(rfcTime('2026-05-04 10:15:00.123456')).toBe('2026-05-04T10:15:00.123456Z')
  expect(rfcTime('2026-05-04 10:15:00.123')).toBe('2026-05-04T10:15:00.123000Z')
  expect(rfcTimeOfMs(1)).toBe('1970-01-01T00:00:00.001000Z')
})
