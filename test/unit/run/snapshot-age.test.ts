import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { snapshotAgeSeconds } from '../../../src/run/snapshot-age.ts'

test('is of the newest complete snapshot', () => {
  const dir = mkdtempSync(join(tmpdir(), 'agenttrail-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  expect(snapshotAgeSeconds(dir, 100_000)).toBeNull()
  for (const [name, seconds] of [
    ['7.snapshot', 40],
    ['9.snapshot', 60],
    ['11.snapshot.part', 90],
  ] as const) {
    writeFileSync(join(dir, name), '')
    utimesSync(join(dir, name), seconds, seconds)
  }
  expect(snapshotAgeSeconds(dir, 100_000)).toBe(40)
})
