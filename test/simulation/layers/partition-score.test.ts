import { describe, expect, it } from 'vitest'
import { f1, scorePartition } from './partition-score.ts'

describe('the score of a partition', () => {
  it('is full where both say the same, whatever the labels', () => {
    expect(scorePartition([1, 1, 2], ['a', 'a', 'b'])).toEqual({ precision: 1, recall: 1 })
  })

  it('counts pairs that were torn apart against recall only', () => {
    // Of the three pairs one was found.
    expect(scorePartition([1, 1, 1], ['a', 'a', 'b'])).toEqual({ precision: 1, recall: 1 / 3 })
  })

  it('counts pairs that do not belong together against precision only', () => {
    expect(scorePartition([1, 1, 2], ['a', 'a', 'a'])).toEqual({ precision: 1 / 3, recall: 1 })
  })

  it('has the harmonic mean of both as one number', () => {
    expect(f1({ precision: 1, recall: 1 / 3 })).toBeCloseTo(0.5)
  })
})
