import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Load, LoadResult } from './generator-messages.ts'

/** Runs a load in a process of its own and resolves with what became of it. */
export const runLoad = (load: Load): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('generator.ts', import.meta.url)))
    child.on('message', (result: LoadResult) => {
      resolve(result)
      child.disconnect()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`the generator ended with code ${code}`))
    })
    child.send(load)
  })

/** The value that `share` of the sorted values do not exceed. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0
