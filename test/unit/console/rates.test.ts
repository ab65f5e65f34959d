import { describe, expect, test } from 'vitest'
import { addReading, type Reading, ratePerSecond, rateSteps } from '../../../console/src/rates.ts'

const reading = (seconds: number, stored: number, rejected = 0): Reading => ({
  atMs: seconds * 1000,
  records: { pomerium: { stored, ignored: 0, duplicate: 0, rejected } },
})
const read = (...readings: readonly Reading[]) => readings.reduce<readonly Reading[]>(addReading, [])

describe('rates', () => {
  test('are those of the last ten seconds', () => {
    const readings = read(reading(0, 0), reading(10, 1000), reading(15, 1050, 10), reading(20, 1080, 20))
    expect(ratePerSecond(readings)).toBe(10)
    expect(ratePerSecond(readings, (records) => records['pomerium']?.rejected ?? 0)).toBe(2)
  })

  test('are none before there are two readings', () => {
    expect(ratePerSecond([])).toBe(0)
    expect(ratePerSecond(read(reading(0, 500)))).toBe(0)
    expect(rateSteps(read(reading(0, 500)))).toEqual([])
  })

  test('start anew when the server did, rather than go below nothing', () => {
    const readings = read(reading(0, 900), reading(1, 1000), reading(2, 4))
    expect(readings).toHaveLength(1)
    expect(ratePerSecond(readings)).toBe(0)
  })

  test('keep a minute', () => {
    const readings = read(...Array.from({ length: 200 }, (_, index) => reading(index, index * 3)))
    expect(rateSteps(readings)).toEqual(Array.from({ length: 60 }, () => 3))
  })
})
