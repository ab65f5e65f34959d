import { describe, expect, it } from 'vitest'
import { Seen } from '../../../src/analyse/seen.ts'

const dayMs = 24 * 3600 * 1000

describe('Seen', () => {
  it('knows an id from its first sight on, and no other', () => {
    const seen = new Seen()
    expect(seen.isNewId('a', 1)).toBe(true)
    expect(seen.isNewId('a', 2)).toBe(false)
    expect(seen.isNewId('b', 2)).toBe(true)
  })

  it('remembers an id for a day and not longer', () => {
    const seen = new Seen()
    seen.isNewId('a', 1)
    seen.expire(1 + dayMs)
    expect(seen.isNewId('a', 1 + dayMs)).toBe(false)
    seen.expire(2 + dayMs)
    expect(seen.isNewId('a', 2 + dayMs)).toBe(true)
    expect(seen.forgotten).toBe(0)
  })

  it('forgets no younger id with an old one', () => {
    const seen = new Seen()
    seen.isNewId('old', 1)
    seen.isNewId('young', 2)
    seen.expire(2 + dayMs)
    expect([...seen.ids.entries()].map(([id]) => id)).toEqual(['young'])
  })

  it('takes positions of one source only forwards', () => {
    const seen = new Seen()
    expect(seen.isNewPosition('file', 0, 10)).toBe(true)
    expect(seen.isNewPosition('file', 10, 20)).toBe(true)
    expect(seen.isNewPosition('file', 10, 20)).toBe(false)
    expect(seen.isNewPosition('file', 0, 10)).toBe(false)
    expect(seen.isNewPosition('other', 0, 10)).toBe(true)
  })

  it('keeps positions for ever', () => {
    const seen = new Seen()
    seen.isNewPosition('file', 0, 10)
    seen.expire(1000 * dayMs)
    expect(seen.isNewPosition('file', 0, 10)).toBe(false)
  })

  it('notes how a batch ended', () => {
    const seen = new Seen()
    const outcomes = { stored: 2, ignored: 0, duplicate: 0, rejected: 1 }
    seen.isNewId('a', 1)
    seen.close('a', outcomes)
    seen.close('never-seen', outcomes)
    expect(seen.ids.get('a')?.outcomes).toEqual(outcomes)
    expect(seen.ids.size).toBe(1)
  })
})
