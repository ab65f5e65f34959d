import { expect, test } from 'vitest'
import { Gate } from '../../../src/engine/gate.ts'

test('at most so many run at once, the rest in their order, and a failure frees its place', async () => {
  const gate = new Gate(2)
  const begun: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const all = [0, 1, 2, 3].map((n) =>
    gate.run(async () => {
      begun.push(n)
      await new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())))
      return n
    }),
  )
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  ends[0]?.(new Error('broken'))
  await expect(all[0]).rejects.toThrow('broken')
  await expect.poll(() => begun).toEqual([0, 1, 2])
  ends[1]?.()
  await expect.poll(() => begun).toEqual([0, 1, 2, 3])
  ends[2]?.()
  ends[3]?.()
  expect(await Promise.all(all.slice(1))).toEqual([1, 2, 3])
})
