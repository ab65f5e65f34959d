import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ValueCounts } from '../../../src/detect/value-counts.ts'

/*
 * Goal: however many values come and go, the ones that are there are told.
 * Method: random additions and removals beside a plain list.
 */
it('knows the values that were added more often than removed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.constantFrom('', 'a', 'b', 'c')), { maxLength: 60 }), (steps) => {
      const counts = new ValueCounts()
      const plain: string[] = []
      for (const [isAdded, value] of steps) {
        const at = plain.indexOf(value)
        if (isAdded) {
          counts.add(value)
          plain.push(value)
        } else if (at >= 0) {
          counts.remove(value)
          plain.splice(at, 1)
        }
        expect([...counts.values()].sort()).toEqual([...new Set(plain)].sort())
        expect(counts.size).toBe(new Set(plain).size)
      }
    }),
  )
})
