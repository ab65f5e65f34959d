import { expect, it } from 'vitest'
import { StageClock } from '../../../src/run/stage-clock.ts'

it('counts a stage within another once, and all time somewhere', () => {
  let now = 100
  const clock = new StageClock(() => now)
  const spend = (micros: number): void => {
    now += micros
  }
  spend(1_000_000)
  clock.run('analyse', () => {
    spend(2_000_000)
    clock.run('decode', () => spend(3_000_000))
    spend(4_000_000)
  })
  expect(clock.seconds()).toEqual({ decode: 3, analyse: 6, seal: 0, snapshot: 0, other: 1 })
})

it('goes on after a failure', () => {
  let now = 0
  const clock = new StageClock(() => now)
  expect(() =>
    clock.run('seal', () => {
      now += 5_000_000
      throw new Error('full')
    }),
  ).toThrow('full')
  now += 1_000_000
  expect(clock.seconds()).toMatchObject({ seal: 5, other: 1 })
})
