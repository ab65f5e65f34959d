import { expect, it } from 'vitest'
import { partitionOf } from '../../../src/log/kafka-topics.ts'

it('keeps a realm in its partition for ever', () => {
  // Written down, not computed: another answer would tear every realm from its history.
  expect(['default', 'staging', 'tenant-1', 'tenant-2', ''].map((realm) => partitionOf(realm, 16))).toEqual([
    1, 3, 3, 5, 2,
  ])
})

it('spreads realms over all partitions', () => {
  const used = new Set(Array.from({ length: 200 }, (_, at) => partitionOf(`tenant-${at}`, 8)))
  expect(used.size).toBe(8)
})
