import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Analyser } from '../../../src/analyse/analyser.ts'
import { restoreSnapshot } from '../../../src/analyse/snapshot.ts'
import { AnalyserSnapshots } from '../../../src/run/analyser-snapshots.ts'
import { SnapshotFiles } from '../../../src/run/snapshot-files.ts'
import { MemorySink } from '../../simulation/memory-store.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'snapshots-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const makeAnalyser = (): Analyser =>
  new Analyser({ decode: () => [], sink: new MemorySink(), onEffect: () => undefined })

const makeSnapshots = () => {
  const files = new SnapshotFiles(dir)
  const onComplete = vi.fn()
  const onFailure = vi.fn()
  return {
    files,
    onComplete,
    onFailure,
    snapshots: new AnalyserSnapshots({ files, everyMs: 60_000, onComplete, onFailure }),
  }
}

/** An analyser at its first mark, at this time. */
const markedAt = (timeMs: number): Analyser => {
  const analyser = makeAnalyser()
  analyser.apply(1, { kind: 'tick', timeMs })
  analyser.apply(2, { kind: 'mark' })
  return analyser
}

describe('AnalyserSnapshots', () => {
  it('goes on with the copy on disk under way, and begins no other before that is durable', async () => {
    const { files, snapshots, onComplete } = makeSnapshots()
    const analyser = markedAt(100_000)
    snapshots.marked(analyser, 2)
    while (snapshots.isCopying) snapshots.step()
    expect(files.positions()).toEqual([])
    analyser.apply(3, { kind: 'tick', timeMs: 200_000 })
    analyser.apply(4, { kind: 'mark' })
    snapshots.marked(analyser, 4)
    expect(snapshots.isCopying).toBe(false)
    await vi.waitFor(() => expect(onComplete).toHaveBeenCalledOnce())
    expect(files.positions()).toEqual([2])
    snapshots.marked(analyser, 4)
    expect(snapshots.isCopying).toBe(true)
  })

  it('waits for its time, and for the store to have what the one before says', async () => {
    const { snapshots } = makeSnapshots()
    const analyser = markedAt(30_000)
    snapshots.marked(analyser, 2)
    expect(snapshots.isCopying).toBe(false)
    await snapshots.take(analyser)
    analyser.apply(3, { kind: 'tick', timeMs: 200_000 })
    analyser.apply(4, { kind: 'mark' })
    snapshots.marked(analyser, 1)
    expect(snapshots.isCopying).toBe(false)
    snapshots.marked(analyser, 2)
    expect(snapshots.isCopying).toBe(true)
  })

  it('takes one of the state as it is, which is whole when it resolves', async () => {
    const { files, snapshots } = makeSnapshots()
    const analyser = markedAt(100_000)
    snapshots.marked(analyser, 2)
    analyser.apply(3, { kind: 'tick', timeMs: 101_000 })
    analyser.apply(4, { kind: 'mark' })
    await snapshots.take(analyser)
    expect(files.positions()).toEqual([4])
    const restored = makeAnalyser()
    expect(restoreSnapshot(restored, files.read(4))).toBe(true)
    expect(restored.tickMs).toBe(101_000)
  })
})
