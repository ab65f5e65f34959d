import { describe, expect, it } from 'vitest'
import { Sources } from '../../../src/analyse/sources.ts'

const minuteMs = 60_000
const latenessUs = 2 * minuteMs * 1000
const startMs = 1_764_000_000_000

const makeSources = () => {
  const sources = new Sources()
  const saw = (name: string, timeMs: number | null, receivedMs: number): void =>
    sources.saw(name, {
      timeUs: timeMs === null ? null : timeMs * 1000,
      receivedUs: receivedMs * 1000,
      tickMs: receivedMs,
    })
  const advance = (tickMs: number): number => sources.advance({ tickMs, silentMs: minuteMs, latenessUs }) / 1000
  return { saw, advance }
}

describe('Sources', () => {
  it('stands where the slowest source does', () => {
    const { saw, advance } = makeSources()
    saw('proxy', startMs, startMs)
    saw('gateway', startMs - 30_000, startMs)
    expect(advance(startMs)).toBe(startMs - 30_000)
  })

  it('waits for a silent source for a minute and no longer', () => {
    const { saw, advance } = makeSources()
    saw('gateway', startMs, startMs)
    const later = startMs + minuteMs
    saw('proxy', later, later)
    expect(advance(later)).toBe(startMs)
    saw('proxy', later + 1, later + 1)
    expect(advance(later + 1)).toBe(later + 1)
  })

  it('goes on with the ticks, the lateness behind them, when all sources are silent', () => {
    const { saw, advance } = makeSources()
    saw('proxy', startMs, startMs)
    const later = startMs + 10 * minuteMs
    expect(advance(later)).toBe(later - 2 * minuteMs)
  })

  it('does not let a clock that runs ahead make others late', () => {
    const { saw, advance } = makeSources()
    saw('proxy', startMs + 60 * minuteMs, startMs)
    expect(advance(startMs + 1_000)).toBe(startMs)
  })

  it('trails the tick by a quarter of an hour at most', () => {
    const { saw, advance } = makeSources()
    saw('proxy', startMs - 60 * minuteMs, startMs)
    expect(advance(startMs)).toBe(startMs - 15 * minuteMs)
  })

  it('never moves back', () => {
    const { saw, advance } = makeSources()
    saw('proxy', startMs, startMs)
    expect(advance(startMs)).toBe(startMs)
    saw('slow', startMs - 10 * minuteMs, startMs)
    expect(advance(startMs)).toBe(startMs)
  })

  it('is not held by a source that brought no event yet', () => {
    const { saw, advance } = makeSources()
    saw('proxy', startMs, startMs)
    saw('idle', null, startMs)
    expect(advance(startMs)).toBe(startMs)
  })
})
