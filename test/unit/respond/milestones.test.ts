import { expect, it } from 'vitest'
import { milestonesOf } from '../../../src/respond/milestones.ts'
import type { ActionState } from '../../../src/respond/rows.ts'

const steps = (...list: readonly (readonly [ActionState, number])[]) =>
  list.map(([state, timeMs]) => ({ state, timeMs, detail: '' }))

it('counts from the last proposal to the first time of each state', () => {
  const transitions = steps(
    ['proposed', 0],
    ['requested', 5],
    ['undone', 50],
    ['proposed', 1_000],
    ['requested', 1_004],
    ['enforced', 1_010],
    ['unconfirmed', 2_000],
    ['verified', 3_000],
    ['undone', 4_000],
  )
  expect(milestonesOf(transitions)).toEqual({ requested: 4, accepted: null, enforced: 10, verified: 2_000 })
})

it('takes a clock that was set back for no time, and knows nothing of nothing', () => {
  expect(milestonesOf(steps(['proposed', 10], ['requested', 7])).requested).toBe(0)
  expect(milestonesOf([])).toEqual({ requested: null, accepted: null, enforced: null, verified: null })
})
